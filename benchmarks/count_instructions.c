/* A plugin for QEMU's user mode: how many instructions each thread of the emulated program has executed so far.
 *
 *   cc -shared -fPIC -O2 -o count.so count_instructions.c
 *   qemu-aarch64 -plugin ./count.so,out=FILE program
 *
 * FILE holds 4096 counters of 64 bits, one a thread, and may be read at any time while the program runs.
 * The declarations are those of version 1 of QEMU's plugin interface, whose header Debian does not ship.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define THREADS 4096
#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, void (*)(unsigned int, void *), int, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);

EXPORT int qemu_plugin_version = 1;
static uint64_t *counters;

static void executed(unsigned int thread, void *instructions)
{
    counters[thread % THREADS] += (uintptr_t)instructions;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(block, executed, 0, (void *)(uintptr_t)qemu_plugin_tb_n_insns(block));
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
    (void)info;
    if (argc != 1 || strncmp(argv[0], "out=", 4) != 0)
        return 1;
    int file = open(argv[0] + 4, O_RDWR | O_CREAT, 0600);
    if (file < 0 || ftruncate(file, THREADS * sizeof *counters) != 0)
        return 1;
    counters = mmap(NULL, THREADS * sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (counters == MAP_FAILED)
        return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
