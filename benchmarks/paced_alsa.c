/*
 * ALSA plugin "paced": a sound card without hardware, at the pace of a real one, for benchmarks/plain_alsa.py.
 *
 *   pcm_type.paced { lib "/folder/paced_alsa.so" }
 *   pcm.mic { type paced infile "/folder/room.raw" }
 *
 * Like the kernel, it wakes a program once a period, by a timer. A microphone gives the samples of `infile`, 16 bits
 * little endian and mono, again and again, on every channel, from the opening on. A speaker takes all samples.
 */

#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>

typedef struct {
    snd_pcm_ioplug_t io;
    const int16_t *samples; /* of the room; NULL: silence */
    size_t n_samples;
    uint64_t given;         /* frames since the opening */
    struct timespec began;  /* running since */
    int running;
} paced_t;

static uint64_t elapsed_frames(const paced_t *card)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t ns = (now.tv_sec - card->began.tv_sec) * 1000000000LL + now.tv_nsec - card->began.tv_nsec;
    return (uint64_t)((__int128)ns * card->io.rate / 1000000000LL);
}

static void set_timer(const paced_t *card, uint64_t period_ns)
{
    struct timespec each = {(time_t)(period_ns / 1000000000ULL), (long)(period_ns % 1000000000ULL)};
    struct itimerspec timer = {each, each};
    timerfd_settime(card->io.poll_fd, 0, &timer, NULL);
}

static int paced_start(snd_pcm_ioplug_t *io)
{
    paced_t *card = io->private_data;
    clock_gettime(CLOCK_MONOTONIC, &card->began);
    card->running = 1;
    set_timer(card, (uint64_t)io->period_size * 1000000000ULL / io->rate);
    return 0;
}

static int paced_stop(snd_pcm_ioplug_t *io)
{
    paced_t *card = io->private_data;
    card->running = 0;
    set_timer(card, 0);
    return 0;
}

static snd_pcm_sframes_t paced_pointer(snd_pcm_ioplug_t *io)
{
    paced_t *card = io->private_data;
    return card->running ? (snd_pcm_sframes_t)(elapsed_frames(card) % io->buffer_size) : 0;
}

static snd_pcm_sframes_t paced_transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas,
                                        snd_pcm_uframes_t offset, snd_pcm_uframes_t size)
{
    paced_t *card = io->private_data;
    if (io->stream != SND_PCM_STREAM_CAPTURE)
        return (snd_pcm_sframes_t)size;
    for (snd_pcm_uframes_t frame = 0; frame < size; frame++, card->given++) {
        int16_t sample = card->samples ? card->samples[card->given % card->n_samples] : 0;
        for (unsigned channel = 0; channel < io->channels; channel++) {
            const snd_pcm_channel_area_t *area = &areas[channel];
            *(int16_t *)((char *)area->addr + (area->first + (offset + frame) * area->step) / 8) = sample;
        }
    }
    return (snd_pcm_sframes_t)size;
}

static int paced_revents(snd_pcm_ioplug_t *io, struct pollfd *fds, unsigned n, unsigned short *revents)
{
    uint64_t periods;
    *revents = 0;
    if (n == 1 && fds->revents & POLLIN && read(io->poll_fd, &periods, sizeof periods) > 0)
        *revents = io->stream == SND_PCM_STREAM_CAPTURE ? POLLIN : POLLOUT;
    return 0;
}

static int paced_close(snd_pcm_ioplug_t *io)
{
    paced_t *card = io->private_data;
    close(io->poll_fd);
    if (card->samples)
        munmap((void *)card->samples, card->n_samples * sizeof *card->samples);
    free(card);
    return 0;
}

static const snd_pcm_ioplug_callback_t callbacks = {
    .start = paced_start, .stop = paced_stop, .pointer = paced_pointer,
    .transfer = paced_transfer, .poll_revents = paced_revents, .close = paced_close,
};

static int set_limits(snd_pcm_ioplug_t *io)
{
    static const unsigned access[] = {SND_PCM_ACCESS_RW_INTERLEAVED}, format[] = {SND_PCM_FORMAT_S16_LE};
    int failed = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_ACCESS, 1, access);
    failed |= snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_FORMAT, 1, format);
    failed |= snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_CHANNELS, 1, 2);
    failed |= snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_RATE, 8000, 48000);
    failed |= snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 64, 1 << 18);
    failed |= snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 128, 1 << 20);
    failed |= snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIODS, 2, 64);
    return failed;
}

static void read_room(paced_t *card, const char *file)
{
    struct stat found;
    int descriptor = open(file, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    if (fstat(descriptor, &found) == 0 && found.st_size >= 2) {
        void *mapped = mmap(NULL, (size_t)found.st_size, PROT_READ, MAP_SHARED, descriptor, 0);
        if (mapped != MAP_FAILED) {
            card->samples = mapped;
            card->n_samples = (size_t)found.st_size / sizeof *card->samples;
        }
    }
    close(descriptor);
}

SND_PCM_PLUGIN_DEFINE_FUNC(paced)
{
    snd_config_iterator_t each, next;
    const char *file = NULL;
    (void)root;
    snd_config_for_each(each, next, conf) {
        const char *id;
        snd_config_t *entry = snd_config_iterator_entry(each);
        if (snd_config_get_id(entry, &id) >= 0 && strcmp(id, "infile") == 0)
            snd_config_get_string(entry, &file);
    }
    paced_t *card = calloc(1, sizeof *card);
    if (!card)
        return -ENOMEM;
    if (file && stream == SND_PCM_STREAM_CAPTURE)
        read_room(card, file);
    card->io.version = SND_PCM_IOPLUG_VERSION;
    card->io.name = "Card without hardware";
    card->io.flags = SND_PCM_IOPLUG_FLAG_MONOTONIC;
    card->io.callback = &callbacks;
    card->io.private_data = card;
    card->io.poll_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    card->io.poll_events = POLLIN;
    int error = snd_pcm_ioplug_create(&card->io, name, stream, mode);
    if (error >= 0 && set_limits(&card->io) < 0) {
        snd_pcm_ioplug_delete(&card->io);
        error = -EINVAL;
    }
    if (error >= 0)
        *pcmp = card->io.pcm;
    return error;
}

SND_PCM_PLUGIN_SYMBOL(paced);
