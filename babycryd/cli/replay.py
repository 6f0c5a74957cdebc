"""Run the daemon's pipeline over recordings, as fast as the CPU allows, and print what it would have heard.

FILE is anything libsndfile reads (WAV, FLAC, OGG, MP3, AIFF), at any rate, mono or not; where ffmpeg is installed also
M4A, AAC, 3GP, WebM, AMR and WMA. Each file starts with a fresh pipeline. `at_s` is the moment of the decision, in
seconds from the file's start. Quiet hours do not count: a recording has no time of day.

With --reference the recording runs through echo cancellation first: REFERENCE is what the speaker played meanwhile,
from the same moment on. It needs Debian's package libspeexdsp1.

A folder stands for the recordings in it, by name. With --jobs several recordings are read at once, each in a process
of its own; what is printed keeps the order of the recordings.

examples:
  babycryd replay night.flac
  babycryd replay --reference lullaby.wav night.wav
  babycryd replay --jobs 4 ~/recordings
  babycryd replay --jsonl --scores night.flac > events.jsonl     one JSON object a line, one per window scored
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from babycryd.cli.common.configured import add_config_argument, with_settings
from babycryd.config import Settings
from babycryd.core.printable import printable_path

if TYPE_CHECKING:
    from babycryd.cli.common.replayed import Replayer, ReplayOptions

HELP = "print what the daemon would have heard in recordings"
_MOST_JOBS = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", help="a recording, or a folder of recordings")
    parser.add_argument("--jsonl", action="store_true", help="print one JSON object a line")
    parser.add_argument("--reference", metavar="FILE", help="what the speaker played during the only recording")
    parser.add_argument("--scores", action="store_true", help="print the score of every window, too")
    parser.add_argument(
        "--jobs", metavar="N", type=_jobs, default=1, help="read N recordings at once (default: %(default)s)"
    )
    add_config_argument(parser)


def _jobs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_JOBS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {_MOST_JOBS}")
    return int(text)


def execute(arguments: argparse.Namespace) -> int:
    return with_settings(arguments, lambda settings: _replay_all(arguments, settings))


def _replay_all(arguments: argparse.Namespace, settings: Settings) -> int:
    from babycryd.cli.common.replayed import Replayer, ReplayOptions
    from babycryd.detect.tflite import ModelError

    names = list(_recordings(arguments.files))
    if arguments.reference and len(names) > 1:
        sys.stderr.write("babycryd replay: --reference belongs to one recording: give one FILE\n")
        return 2
    options = ReplayOptions(settings, arguments.jsonl, arguments.scores, arguments.reference)
    try:
        replayer = Replayer(options)
    except ModelError as error:
        sys.stderr.write(f"babycryd: {error}\n")
        return 1
    jobs = min(arguments.jobs, len(names))
    errors = _in_processes(names, options, jobs) if jobs > 1 else _one_by_one(names, replayer)
    failed = len(names) == 0
    for why in errors:  # the other files are still replayed
        sys.stdout.flush()
        sys.stderr.write(f"babycryd: {why}\n")
        failed = True
    return 1 if failed else 0


def _recordings(names: list[str]) -> Iterator[str]:
    """Yield the names of recordings; in place of a folder, those of the recordings in it, by name."""
    from babycryd.soothe.tracks import SUFFIXES

    for name in names:
        if not Path(name).is_dir():
            yield name
            continue
        found = sorted(str(each) for each in Path(name).iterdir() if each.suffix.lower() in SUFFIXES and each.is_file())
        if not found:
            sys.stderr.write(f"babycryd: {printable_path(name)}: there is no recording in this folder\n")
        yield from found


def _one_by_one(names: list[str], replayer: "Replayer") -> Iterator[str]:
    """Print each recording as it is read; yield why one could not be read, or not any further."""
    from babycryd.capture.source import CaptureError
    from babycryd.echo.speexdsp import SpeexError

    for name in names:
        try:
            for line in replayer.lines(name):
                _write(line)
        except (CaptureError, SpeexError) as error:
            yield str(error)


def _in_processes(names: list[str], options: "ReplayOptions", jobs: int) -> Iterator[str]:
    """Print each recording when it and those before it are read; yield why one could not be read."""
    from tqdm import tqdm

    from babycryd.cli.common.replayed import replayed_in_processes

    results = replayed_in_processes(names, options, jobs)
    for result in tqdm(results, total=len(names), unit="recording", leave=False, disable=None, delay=0.5):
        for line in result.lines:
            _write(line)
        if result.error is not None:
            yield result.error


def _write(line: str) -> None:
    if sys.stderr.isatty():
        from tqdm import tqdm

        tqdm.write(line)  # makes room in front of the progress bar
    else:
        sys.stdout.write(line + "\n")
