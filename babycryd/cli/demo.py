"""Play a synthetic nursery night of 80 seconds through the whole daemon: detector, lullaby, events.

Every sound is computed; no person was recorded. Works without microphone, speaker or broker; with a speaker you
hear the lullaby. The microphone hears the lullaby, too, nearly as loud as the crying, and babycryd takes it out again
(with Debian's libspeexdsp1). Open the live page at the address that is printed: it shows a made-up week, marked as
such, and stays until Ctrl-C. Lines with a · say what really happens in the room; the others are the daemon's own.

  babycryd demo                     watch, until Ctrl-C; the night begins again every ten minutes
  babycryd demo --once              end with the night, for scripts
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
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.cli.common.daemon_process import run_daemon
from babycryd.cli.common.daemons import DEMO
from babycryd.cli.common.output_file import write_output
from babycryd.config import Settings
from babycryd.demo.night import DemoNight
from babycryd.system.log import LogFormat
from babycryd.system.memory import keep_memory_small

HELP = "play a synthetic night through the whole daemon; needs no hardware"

_DELETE_LIMIT_S: Final = 2.0
_CALM_S: Final = 30.0  # at the end of the night, where nothing but the room is heard
_QUIET_S: Final = 510.0  # after the night, until it begins again
_ROOM: Final = "Demo: made-up nights"  # stands at the top of the page
_BEGIN: Final = """\
A synthetic night of {seconds:.0f} s; no person was recorded. Ctrl-C ends it.
The page is at {page}: tonight as it happens, and made-up nights before it.
"""
_END: Final = """\
The night is over. The page stays at {page} until Ctrl-C; look at Nights.
Then: babycryd devices finds a microphone, babycryd run listens.
"""
_DESCRIPTIONS = {"door": "a door closes", "talk": "people talk next door", "cry": "the baby cries"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seed", type=int, default=0, help="number of the night; another one makes another night (default 0)"
    )
    parser.add_argument("--once", action="store_true", help="end with the night instead of staying until Ctrl-C")
    parser.add_argument("--wav", metavar="FILE", help="write the night into this file and do not play it")
    parser.add_argument(
        "--log-format", choices=("text", "json"), default="text", help="how the daemon's log lines look"
    )


def execute(arguments: argparse.Namespace) -> int:
    from babycryd.cli.common.demo_source import DemoSource  # the man page needs no decoder

    night = DemoNight(arguments.seed)
    if arguments.wav:
        return _save(night, arguments.wav)
    from babycryd.cli.common.made_up_week import write_made_up_week

    keep_memory_small()
    with _temporary_folder() as folder:
        recording = folder / "night.wav"
        _write(night, recording, quiet_s=0.0 if arguments.once else _QUIET_S)
        settings = _settings(recording, arguments.log_format, loop=not arguments.once)
        write_made_up_week(Path(settings.state_dir), time.time(), arguments.seed)
        _use_a_silent_driver()
        if arguments.log_format == "text":
            page = f"http://{settings.web.host}:{settings.web.port}"
            sys.stderr.write(_BEGIN.format(seconds=night.length_s, page=page))
            end = "" if arguments.once else _END.format(page=page)
            threading.Thread(target=_print_scenes, args=[night, end], daemon=True).start()
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


def _settings(recording: Path, log_format: LogFormat, *, loop: bool) -> Settings:
    """Return the default settings, with pauses that fit into the night's 80 s. `loop`: the night begins again."""
    default = Settings()
    return replace(
        default,
        state_dir=str(recording.with_name("state")),  # deleted afterwards
        capture=replace(default.capture, source="recording", file=str(recording), loop=loop),
        device=replace(default.device, id=DEMO, room=_ROOM),
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


def _write(night: DemoNight, path: Path, quiet_s: float) -> None:
    """Write the night, and its own calm end after it, forward and backward, for `quiet_s`: a room without a seam."""
    import soundfile

    samples = night.samples()
    calm = samples[-round(_CALM_S * SAMPLE_RATE_HZ) :]
    with soundfile.SoundFile(path, "w", SAMPLE_RATE_HZ, 1) as file:
        file.write(samples)
        for number in range(round(quiet_s / _CALM_S)):
            file.write(calm if number % 2 else calm[::-1])


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


def _print_scenes(night: DemoNight, end: str) -> None:
    """Print what happens in the room when it happens, and `end` after the night."""
    started_s = time.monotonic()
    for scene in night.scenes:
        time.sleep(max(0.0, scene.start_s - (time.monotonic() - started_s)))
        seconds = scene.end_s - scene.start_s
        sys.stderr.write(f"         ·       in the room: {_DESCRIPTIONS[scene.what]}, for {seconds:.0f} s\n")
    time.sleep(max(0.0, night.length_s - (time.monotonic() - started_s)))
    sys.stderr.write(end)
