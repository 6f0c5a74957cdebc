"""A daemon with a recording as its microphone and its live page on a free port."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.broker import Broker
from tests.support.browser import QUIET, short_night
from tests.support.daemon import RunningDaemon, write_config
from tests.support.ports import free_port

PASSWORD = "correct horse"  # noqa: S105  # of a daemon that lives for one test
CONFIG = """
device: {{id: nursery, room: "{room}"}}
state_dir: {folder}/state
detection: {{episode: {{quiet_s: 3, minimum_s: 1}}}}
lullaby: {{fade_in_s: 0.2, fade_out_s: 0.2, calm_s: 4, cooldown_s: 0, folder: {lullabies}}}
web: {{port: {port}{web}}}
{mqtt}
"""


@dataclass(frozen=True, slots=True)
class PageDaemon:
    """A configuration, and a recording to be its microphone."""

    folder: Path
    port: int
    config: Path
    recording: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @contextmanager
    def daemon(self) -> Iterator[RunningDaemon]:
        arguments = ["run", "--config", str(self.config), "--recording", str(self.recording)]
        with RunningDaemon(arguments, QUIET) as running:
            running.says("answering http")
            yield running


def page_daemon(
    folder: Path,
    *,
    room: str = "Nursery",
    web: str = "",
    broker: Broker | None = None,
    lullabies: str = "null",
    cries: bool = True,
    before_s: float = 6.0,
    after_s: float = 300.0,  # the daemon ends with the recording, and a busy machine is slow
) -> PageDaemon:
    short_night(folder / "night.wav", before_s=before_s, cries=cries, after_s=after_s)
    mqtt = ""
    if broker:
        mqtt = f"mqtt: {{{broker.login(folder)}}}"
    port = free_port()
    text = CONFIG.format(room=room, folder=folder, port=port, web=web, mqtt=mqtt, lullabies=lullabies)
    return PageDaemon(folder, port, write_config(folder, text), folder / "night.wav")


def set_password(served: PageDaemon) -> None:
    command = [sys.executable, "-m", "babycryd", "passwd", "--config", str(served.config)]
    subprocess.run(command, input=f"{PASSWORD}\n", text=True, check=True, capture_output=True)
