"""Two microphones of the same name and model: the right one by its socket, under any card numbers.

The real daemon on two virtual microphones. What the kernel would tell of them (`/proc/asound`, `/sys/class/sound`) is
made up, in a namespace of its own, as the kernels that the tests run on have no ALSA.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.broker import Broker, Subscriber
from tests.support.daemon import RunningDaemon, write_config
from tests.support.fakes.sound_cards import SoundCards
from tests.support.sound_card import ASOUND_CONF, SoundCard
from tests.support.unpluggable_sound import MARGIN_S, TOLD_S, crying

pytestmark = [pytest.mark.soundcard, pytest.mark.broker, pytest.mark.slow]

NAME = "USB Mic"
CONFIG = """
device: {{id: nursery}}
state_dir: {folder}/state
capture: {{device: "{device}"}}
detection: {{episode: {{minimum_s: 1, quiet_s: 3}}}}
lullaby: {{enabled: false}}
self_test: {{every_h: 0}}
web: {{enabled: false}}
mqtt: {{{login}}}
"""
# Everything of /proc stays what it is; nothing can be made in there, so it is shown through links.
NAMESPACE = """
set -e
mount --rbind /proc {real}
mount -t tmpfs none /proc
for each in {real}/*; do
    case ${{each##*/}} in [0-9]*|asound) ;; *) ln -s "$each" /proc/ ;; esac
done
mkdir /proc/asound
mount --bind {cards}/proc/asound /proc/asound
mount -t tmpfs none /sys/class
mkdir /sys/class/sound
mount --bind {cards}/sys/class/sound /sys/class/sound
exec "$@"
"""
# PortAudio opens `USB Mic (hw:1,0)`, and ALSA takes what follows the colon for arguments.
CARD_PCM = """
pcm."{name} (hw" {{
    @args [ CARD DEV ]
    @args.CARD {{ type string default "1" }}
    @args.DEV {{ type string default "0" }}
    type pulse
    server {{ @func concat strings [ "unix:{links}/" $CARD "/pulse/native" ] }}
    device "mic"
}}
"""
LISTED_PCM = 'pcm."{name} (hw:{number},0)" {{ type pulse server "unix:{links}/{number}/pulse/native" device "mic" }}\n'


class Twins:
    """Two microphones, each plugged into its socket under a number; `card` is the computer's own sound server."""

    def __init__(self, folder: Path, card: SoundCard, sockets: dict[str, SoundCard]) -> None:
        self.cards = SoundCards(folder)
        self._card = card
        self._sockets = sockets
        self._links = Path(tempfile.mkdtemp(prefix="twins-", dir=card.home))
        self._numbers: dict[str, int] = {}

    def plug(self, socket: str, number: int) -> None:
        (self._links / str(number)).symlink_to(self._sockets[socket].home)
        self._numbers[socket] = number
        self.cards.plug(socket, name=NAME, at=number)
        self._list()

    def unplug(self, socket: str) -> None:
        (self._links / str(self._numbers.pop(socket))).unlink()
        self._list()
        self.cards.unplug(socket)

    def _list(self) -> None:
        listed = [LISTED_PCM.format(name=NAME, number=each, links=self._links) for each in self._numbers.values()]
        text = ASOUND_CONF + CARD_PCM.format(name=NAME, links=self._links) + "".join(listed)
        (self._card.home / "asound.conf").write_text(text)


@contextmanager
def daemon_on(twins: Twins, card: SoundCard, folder: Path, broker: Broker, device: str) -> Iterator[RunningDaemon]:
    if os.geteuid() != 0:
        pytest.skip("making up a kernel's list of cards needs root")
    settings = {"folder": folder, "login": broker.login(folder), "device": device}
    config = write_config(folder, CONFIG.format(**settings))
    (folder / "proc-as-it-is").mkdir(exist_ok=True)
    script = NAMESPACE.format(real=folder / "proc-as-it-is", cards=twins.cards.root)
    program = ["unshare", "--mount", "sh", "-c", script, "namespace", sys.executable, "-m", "babycryd"]
    with RunningDaemon(["run", "--config", str(config)], card.env, program) as daemon:
        yield daemon


def cries(home: Subscriber, room: SoundCard) -> None:
    home.heard.clear()
    room.play(crying(30))
    home.expect("/cry", "ON", within_s=10)


def test_the_right_one_of_two_under_any_numbers(tmp_path: Path) -> None:
    ours, other = "1-1.2", "1-1.3"
    with (
        SoundCard() as card,
        SoundCard() as cot,
        SoundCard() as kitchen,
        Broker() as broker,
        broker.subscriber() as home,
    ):
        twins = Twins(tmp_path / "cards", card, {ours: cot, other: kitchen})
        for room in (cot, kitchen):
            room.room_noise(2e-3)
        twins.plug(ours, 1)
        twins.plug(other, 2)
        with daemon_on(twins, card, tmp_path, broker, NAME) as daemon:
            daemon.says(f"deaf: '{NAME}' may be any of .*@{ours}.*@{other}", within_s=20)  # it does not guess
            assert daemon.stop() == 0
        with daemon_on(twins, card, tmp_path, broker, f"usb:0d8c:0014@{ours}") as daemon:
            line = daemon.says(f"listening to {NAME} .hw:1,0", within_s=20)
            cries(home, cot)
            cot.kill()
            twins.unplug(ours)
            line = daemon.says("deaf: ", within_s=TOLD_S + MARGIN_S, after=line)
            home.expect("/cry", "OFF", within_s=2)
            daemon.says("is not there; found instead: ", within_s=6, after=line)  # though its twin is
            twins.unplug(other)
            twins.plug(other, 1)  # the twin gets our number
            cot.start()
            twins.plug(ours, 2)
            daemon.says(f"listening to {NAME} .hw:2,0", within_s=TOLD_S + MARGIN_S, after=line)
            assert not any(f"listening to {NAME} (hw:1,0" in each for each in daemon.lines[line:])
            home.heard.clear()
            kitchen.play(crying(6), wait=True)
            assert "ON" not in home.payloads("/cry")
            cries(home, cot)
            assert daemon.stop() == 0
