"""The real daemon in real time where the computer has little to give: CPU, memory, name servers, or time itself."""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.broker import Broker, Subscriber
from tests.support.control_group import Cage
from tests.support.daemon import RunningDaemon
from tests.support.fast_daemon import damage, seen
from tests.support.patience import HANG_S, exit_code, wait_until
from tests.support.recorded_night import QUIET, RecordedNight, config_for, episodes_of, night_with
from tests.support.sound_card import SoundCard

pytestmark = pytest.mark.broker
_DAEMON = (sys.executable, "-m", "babycryd")
_NAME = "broker.babycryd.test"
_NAME_SERVER = f"127.77.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"  # that no other run of the tests has


def wait_for_ends(home: Subscriber, count: int) -> None:
    """Until so many episodes have ended; none is told twice."""

    def ended() -> int:
        return sum(told[-1]["type"] == "end" for told in episodes_of(home).values())

    wait_until(lambda: ended() >= count, HANG_S, lambda: home.heard)
    for told in episodes_of(home).values():
        assert [each["type"] for each in told if each["type"] != "update"] == ["new", "end"]


def arguments(config: Path, night: RecordedNight) -> list[str]:
    return ["run", "--config", str(config), "--recording", str(night.path)]


def peak_mb(daemon: RunningDaemon) -> float:
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


@contextmanager
def without_names(folder: Path) -> Iterator[tuple[list[str], Path]]:
    """Words that run a program where the name server never answers, and the file of hosts it looks into first."""
    if os.geteuid() != 0:
        pytest.skip("taking the name server away needs root")
    hosts, resolver = folder / "hosts", folder / "resolv.conf"
    hosts.write_text("127.0.0.1 localhost\n")
    resolver.write_text(f"nameserver {_NAME_SERVER}\n")
    binds = f"mount --bind {hosts} /etc/hosts && mount --bind {resolver} /etc/resolv.conf"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((_NAME_SERVER, 53))
        yield ["unshare", "--mount", "sh", "-c", f'{binds} && exec "$@"', "names"], hosts


def test_little_cpu_little_memory_no_names_and_a_pause(tmp_path: Path) -> None:
    """All at once, as the short form of what follows."""
    night = RecordedNight.write(tmp_path, cries=1, then_quiet_s=60)
    with (
        Broker() as broker,
        broker.subscriber() as home,
        Cage(cpu_share=0.25, memory_mb=170) as cage,
        without_names(tmp_path) as (nameless, hosts),
    ):
        config = config_for(tmp_path, broker)
        config.write_text(config.read_text().replace("host: 127.0.0.1", f"host: {_NAME}"))
        with RunningDaemon(arguments(config, night), QUIET, [*cage.command, *nameless, *_DAEMON]) as daemon:
            line = daemon.says("the baby cries")
            daemon.process.send_signal(signal.SIGSTOP)
            time.sleep(3)
            daemon.process.send_signal(signal.SIGCONT)
            daemon.says("the baby is calm", after=line)
            hosts.write_text(hosts.read_text() + f"127.0.0.1 {_NAME}\n")
            wait_for_ends(home, 1)
            peak = peak_mb(daemon)
            daemon.stop()
    seen(f"a quarter of a CPU, 170 MB (used {peak:.0f}), no names, stopped for 3 s: the episode, once")
    assert damage(tmp_path / "state") == []


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.25, 0.1, 0.05])
def test_a_share_of_one_cpu(tmp_path: Path, share: float) -> None:
    night = RecordedNight.write(tmp_path, cries=3)
    with Broker() as broker, broker.subscriber() as home, Cage(cpu_share=share) as cage:
        config = config_for(tmp_path, broker)
        begun_s = time.monotonic()
        with RunningDaemon(arguments(config, night), QUIET, [*cage.command, *_DAEMON]) as daemon:
            daemon.says("listening to")
            listening_s = time.monotonic() - begun_s
            wait_for_ends(home, 3)
            daemon.stop()
        health = [json.loads(payload) for payload in home.payloads("/health")]
        deaf = [line for line in daemon.lines if "deaf" in line]
    lag_s = max((each["lag_s"] for each in health), default=0.0)
    seen(
        f"{share:.0%} of a CPU: listening after {listening_s:.1f} s, all 3 cries, lag {lag_s} s, deaf {len(deaf)} times"
    )


@pytest.mark.slow
def test_the_memory_that_it_needs_and_too_little(tmp_path: Path) -> None:
    night = RecordedNight.write(tmp_path, cries=1)
    with Broker() as broker, broker.subscriber() as home:
        config = config_for(tmp_path, broker)
        config.write_text(config.read_text().replace("lullaby: {enabled: false}", "lullaby: {calm_s: 2}"))
        with (
            Cage(memory_mb=160) as cage,
            RunningDaemon(arguments(config, night), QUIET, [*cage.command, *_DAEMON]) as daemon,
        ):
            daemon.says("lullaby starts")
            wait_for_ends(home, 1)
            enough_mb = peak_mb(daemon)
            daemon.stop()
        with (
            Cage(memory_mb=24) as cage,
            RunningDaemon(arguments(config, night), QUIET, [*cage.command, *_DAEMON]) as daemon,
        ):
            killed = exit_code(daemon.process, 30)
        assert damage(tmp_path / "state") == []
        with RunningDaemon(arguments(config, night), QUIET) as daemon:  # as systemd would
            wait_for_ends(home, 2)
            daemon.stop()
    seen(f"160 MB are enough (used {enough_mb:.0f}); with 24 MB it ends with {killed}, files whole, and begins again")
    assert killed == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.soundcard
def test_stopped_for_twenty_seconds_and_continued(tmp_path: Path) -> None:
    with SoundCard() as card, Broker() as broker, broker.subscriber() as home:
        config = config_for(tmp_path, broker, more="capture: {device: mic}\n")
        card.room_noise(2e-3)
        with RunningDaemon(["run", "--config", str(config)], card.env) as daemon:
            daemon.says("listening to")
            card.play(night_with(1))
            home.expect("/cry", "ON")
            daemon.process.send_signal(signal.SIGSTOP)
            home.expect("/status", "offline")  # the home is told by the broker
            time.sleep(5)
            daemon.process.send_signal(signal.SIGCONT)
            continued_s = time.monotonic()
            home.expect("/status", "online", times=2)
            wait_for_ends(home, 1)
            card.play(night_with(1))
            wait_for_ends(home, 2)
            again_s = time.monotonic() - continued_s
            daemon.stop()
    seen(f"stopped for 20 s in an episode: offline, online again, next cry heard and ended {again_s:.1f} s later")


@pytest.mark.slow
def test_a_name_server_that_never_answers(tmp_path: Path) -> None:
    night = RecordedNight.write(tmp_path, cries=4)
    with Broker() as broker, broker.subscriber() as home, without_names(tmp_path) as (nameless, hosts):
        config = config_for(tmp_path, broker)
        config.write_text(config.read_text().replace("host: 127.0.0.1", f"host: {_NAME}"))
        with RunningDaemon(arguments(config, night), QUIET, [*nameless, *_DAEMON]) as daemon:
            daemon.says("the baby is calm")
            assert daemon.stop(within_s=2.0) == 0  # although a look-up hangs
            assert home.heard == []
        with RunningDaemon(arguments(config, night), QUIET, [*nameless, *_DAEMON]) as daemon:
            daemon.says("the baby is calm")
            hosts.write_text(hosts.read_text() + f"127.0.0.1 {_NAME}\n")
            back_s = time.monotonic()
            home.expect("/status", "online")
            back_s = time.monotonic() - back_s
            wait_for_ends(home, 5)
            daemon.stop()
    seen(f"no name server: heard, stopped in time, told {back_s:.1f} s after the name was back; 5 episodes each once")
