"""A daemon that listens in quiet, with page and broker, has loaded nothing that it rarely needs."""

import sys
import urllib.request
from pathlib import Path
from typing import Final

from tests.support.broker import Broker
from tests.support.daemon import RunningDaemon, write_config
from tests.support.patience import HANG_S
from tests.support.ports import free_port
from tests.support.sound_card import SoundCard

# Loaded with the first lullaby, recording, picture, password, alert, piece for the cloud, or never
RARE: Final = {
    "PIL",
    "argon2",
    "babycryd.demo",
    "babycryd.i18n.es",
    "babycryd.i18n.fr",
    "babycryd.model_channel.task",
    "babycryd.offload.offloader",
    "cryptography",
    "difflib",
    "google",
    "matplotlib",
    "numpy.random",
    "prometheus_client",
    "pygame",
    "pytest",
    "requests",
    "resvg_py",
    "soundfile",
    "soxr",
    "tqdm",
}
_HEAP: Final = 64 << 20
CONFIG = """
state_dir: {folder}/state
capture: {{device: mic}}
web: {{port: {page}}}
mqtt: {{{login}}}
"""


# Writes the name of each module that is loaded; not to stderr, which is silenced while PortAudio starts
NOTING = """
import os, runpy, sys
notes = os.open(os.environ["NOTES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
sys.addaudithook(lambda event, about: event == "import" and os.write(notes, f"{about[0]}\\n".encode()) and None)
runpy.run_module("babycryd", run_name="__main__", alter_sys=True)
"""


def test_what_is_rare_is_not_loaded(tmp_path: Path) -> None:
    notes = tmp_path / "loaded"
    with SoundCard() as card, Broker() as broker:
        card.room_noise()
        page = free_port()
        config = write_config(tmp_path, CONFIG.format(folder=tmp_path, page=page, login=broker.login(tmp_path)))
        env = card.env | {"NOTES": str(notes)}
        with RunningDaemon(["run", "--config", str(config)], env, (sys.executable, "-P", "-c", NOTING)) as daemon:
            daemon.says("listening to", within_s=HANG_S)
            daemon.says("connected", within_s=HANG_S)
            daemon.says("answering http", within_s=HANG_S)
            for path in ("/", "/api/state"):
                urllib.request.urlopen(f"http://127.0.0.1:{page}{path}", timeout=HANG_S).close()
            heaps = _further_heaps(Path(f"/proc/{daemon.process.pid}/maps").read_text())
            daemon.stop(within_s=HANG_S)
    loaded = set(notes.read_text().split())
    assert {"aiohttp", "aiomqtt", "numpy", "babycryd.detect.pipeline"} <= loaded
    assert sorted(RARE & loaded) == []
    assert heaps == []  # each would keep free memory of its own


def _further_heaps(maps: str) -> list[str]:
    """Return what glibc has mapped for the heaps of other threads: 64 MB each, of which the first part is in use."""
    lines = [line.split() for line in maps.splitlines()]
    ends = [[int(end, 16) for end in line[0].split("-")] for line in lines]
    return [
        " ".join(used)
        for used, rest, (begin, _), (_, end) in zip(lines, lines[1:], ends, ends[1:], strict=False)
        if begin % _HEAP == 0 and end - begin == _HEAP and rest[1] == "---p" and len(used) == 5
    ]
