"""Play a synthetic nursery night of 80 seconds through the whole daemon: detector, lullaby, events.

Every sound is computed; no person was recorded. Works without microphone, speaker or broker; with a speaker you
hear the lullaby. The microphone hears the lullaby, too, nearly as loud as the crying, and babycryd takes it out again
(with Debian's libspeexdsp1). Open the live page at the address that is printed. Lines with a · say what really happens
in the room; the others are the daemon's own.

  babycryd demo                     watch
  babycryd demo --wav night.wav     keep the night, to replay or to play to a real microphone
"""

import argparse
import contextlib
import io
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.cli.common.output_file import write_output
from babycryd.cli.run import run_daemon
from babycryd.config import Settings
from babycryd.demo.night import DemoNight, Scene
from babycryd.system.log import LogFormat

HELP = "play a synthetic night through the whole daemon; needs no hardware"

_DELETE_LIMIT_S: Final = 2.0
_DESCRIPTIONS = {"door": "a door closes", "talk": "people talk next door", "cry": "the baby cries"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seed", type=int, default=0, help="number of the night; another one makes another night (default 0)"
    )
    parser.add_argument("--wav", metavar="FILE", help="write the night into this file and do not play it")
    parser.add_argument(
        "--log-format", choices=("text", "json"), default="text", help="how the daemon's log lines look"
    )


def execute(arguments: argparse.Namespace) -> int:
    from babycryd.cli.common.demo_source import DemoSource  # the man page needs no decoder

    night = DemoNight(arguments.seed)
    if arguments.wav:
        return _save(night, arguments.wav)
    with _temporary_folder() as folder:
        recording = folder / "night.wav"
        _write(night, recording)
        settings = _settings(recording, arguments.log_format)
        _use_a_silent_driver()
        if arguments.log_format == "text":
            sys.stderr.write(f"A synthetic night of {night.length_s:.0f} s; no person was recorded. Ctrl-C ends it.\n")
            threading.Thread(target=_print_scenes, args=[night.scenes], daemon=True).start()
        return run_daemon(lambda: settings, DemoSource(settings.capture))


@contextlib.contextmanager
def _temporary_folder() -> Iterator[Path]:
    """Make a folder, and delete it even while a thread of the daemon still closes its files in there."""
    folder = Path(tempfile.mkdtemp(prefix="babycryd-demo-"))
    try:
        yield folder
    finally:
        deadline_s = time.monotonic() + _DELETE_LIMIT_S
        while folder.exists() and time.monotonic() < deadline_s:
            shutil.rmtree(folder, ignore_errors=True)
            time.sleep(0.01)
        if folder.exists():
            sys.stderr.write(f"{folder} could not be deleted: it is still in use. Delete it yourself.\n")


def _settings(recording: Path, log_format: LogFormat) -> Settings:
    """Return the default settings, with pauses that fit into the night's 80 s."""
    default = Settings()
    return replace(
        default,
        state_dir=str(recording.with_name("state")),  # deleted afterwards
        capture=replace(default.capture, source="recording", file=str(recording)),
        lullaby=replace(default.lullaby, calm_s=15.0, fade_out_s=4.0),
        self_test=replace(default.self_test, every_h=0.0),  # its chirp would sound into a night of 80 s
        web=replace(default.web, port=_free_port(default.web.host, default.web.port)),
        log=replace(default.log, format=log_format),
    )


def _free_port(host: str, wanted: int) -> int:
    """Return the port of the page: a free one where another program, such as the daemon, has the wanted one."""
    for port in (wanted, 0):
        with contextlib.suppress(OSError), socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
            tried.bind((host, port))
            found: int = tried.getsockname()[1]
            return found
    return wanted


def _save(night: DemoNight, name: str) -> int:
    import soundfile

    content = io.BytesIO()
    try:
        soundfile.write(content, night.samples(), SAMPLE_RATE_HZ, format=Path(name).suffix.removeprefix("."))
    except (RuntimeError, ValueError, TypeError) as error:  # no such format
        sys.stderr.write(f"babycryd demo: {name}: cannot be written: {error}; take a name that ends in .wav\n")
        return 1
    return 0 if write_output("demo", name, content.getvalue()) else 1


def _write(night: DemoNight, path: Path) -> None:
    import soundfile

    soundfile.write(path, night.samples(), SAMPLE_RATE_HZ)


def _use_a_silent_driver() -> None:
    """Let the lullaby play into a silent driver, where there is no speaker."""
    from babycryd.soothe.mixer import output_devices
    from babycryd.soothe.player import PlayerError

    try:
        found = output_devices()
    except PlayerError:
        return  # the daemon says why
    if not found:
        sys.stderr.write("No speaker found: the lullaby plays without a sound.\n")
        os.environ["SDL_AUDIODRIVER"] = "dummy"


def _print_scenes(scenes: Sequence[Scene]) -> None:
    started_s = time.monotonic()
    for scene in scenes:
        time.sleep(max(0.0, scene.start_s - (time.monotonic() - started_s)))
        seconds = scene.end_s - scene.start_s
        sys.stderr.write(f"         ·       in the room: {_DESCRIPTIONS[scene.what]}, for {seconds:.0f} s\n")
