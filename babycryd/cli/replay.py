"""Run the daemon's pipeline over recordings, as fast as the CPU allows, and print what it would have heard.

FILE is anything libsndfile reads (WAV, FLAC, OGG, MP3, AIFF), at any rate, mono or not; where ffmpeg is installed also
M4A, AAC, 3GP, WebM, AMR and WMA. Each file starts with a fresh pipeline. `at_s` is the moment of the decision, in
seconds from the file's start. Quiet hours do not count: a recording has no time of day.

With --reference the recording runs through echo cancellation first: REFERENCE is what the speaker played meanwhile,
from the same moment on. It needs Debian's package libspeexdsp1.

examples:
  babycryd replay night.flac
  babycryd replay --reference lullaby.wav night.wav
  babycryd replay --jsonl --scores night.flac > events.jsonl     one JSON object a line, one per window scored
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from babycryd.cli.common.configured import add_config_argument, with_settings
from babycryd.config import Settings
from babycryd.core.event_json import as_json
from babycryd.core.event_text import duration_text, event_text
from babycryd.core.events import CryEnded, CryStarted, Event, WindowScored
from babycryd.core.printable import printable, printable_path
from babycryd.core.soothing_events import LullabyStarted, LullabyStopped, SoothingStep
from babycryd.core.stirring_events import StirringEnded, StirringStarted

HELP = "print what the daemon would have heard in recordings"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", help="a recording")
    parser.add_argument("--jsonl", action="store_true", help="print one JSON object a line")
    parser.add_argument("--reference", metavar="FILE", help="what the speaker played during the only recording")
    parser.add_argument("--scores", action="store_true", help="print the score of every window, too")
    add_config_argument(parser)


def execute(arguments: argparse.Namespace) -> int:
    return with_settings(arguments, lambda settings: _replay_all(arguments, settings))


def _replay_all(arguments: argparse.Namespace, settings: Settings) -> int:
    from babycryd.capture.source import CaptureError
    from babycryd.detect.second_tflite import shipped_second_opinion
    from babycryd.detect.tflite import ModelError, shipped_classifier, shipped_fuss_head
    from babycryd.echo.speexdsp import SpeexError

    try:
        classifier = shipped_classifier()
        second = shipped_second_opinion() if settings.detection.second_opinion else None
        fussing = shipped_fuss_head()
    except ModelError as error:
        sys.stderr.write(f"babycryd: {error}\n")
        return 1
    if arguments.reference and len(arguments.files) > 1:
        sys.stderr.write("babycryd replay: --reference belongs to one recording: give one FILE\n")
        return 2
    failed = False
    for name in arguments.files:
        try:
            _replay_one(name, arguments, settings, (classifier, second, fussing))
        except (CaptureError, SpeexError) as error:  # the other files are still replayed
            sys.stdout.flush()
            sys.stderr.write(f"babycryd: {error}\n")
            failed = True
    return 1 if failed else 0


def _replay_one(name: str, arguments: argparse.Namespace, settings: Settings, models: Any) -> None:
    title = printable_path(name)
    shown: tuple[type[Event], ...] = (
        *(CryStarted, CryEnded, StirringStarted, StirringEnded),
        *(LullabyStarted, LullabyStopped, SoothingStep),
    )
    if arguments.scores:
        shown += (WindowScored,)
    crying: list[CryEnded] = []
    for event in _events(name, arguments.reference, settings, models):
        if isinstance(event, CryEnded):
            crying.append(event)
        if isinstance(event, shown) and (arguments.jsonl or _text(event)):
            _write(
                {"file": title, **as_json(event)} if arguments.jsonl else f"{title}  {_clock(event)}  {_text(event)}"
            )
    if not arguments.jsonl:
        total = sum(each.duration_s for each in crying)
        _write(
            f"{title}: {len(crying)} episode{'' if len(crying) == 1 else 's'} of crying, {duration_text(total)} in all"
        )


def _canceller(reference: str | None) -> Any:
    """Return the canceller of what this file holds, or None. Raises SpeexError."""
    if reference is None:
        return None
    from babycryd.capture.recording import read_recording
    from babycryd.echo.canceller import EchoCanceller
    from babycryd.echo.recorded_reference import RecordedReference
    from babycryd.echo.speexdsp import SpeexFilter

    return EchoCanceller(RecordedReference(read_recording(reference)), SpeexFilter())


def _events(name: str, reference: str | None, settings: Settings, models: Any) -> Iterator[Event]:
    from tqdm import tqdm

    from babycryd.audio.format import SAMPLE_RATE_HZ
    from babycryd.capture.recording import duration_s, read_recording
    from babycryd.detect.pipeline import Pipeline
    from babycryd.engine.replay import replay
    from babycryd.soothe.strategy import strategy_of
    from babycryd.soothe.tracks import list_tracks

    classifier, second, fussing = models
    pipeline = Pipeline(settings.detection, classifier, second, fussing, _canceller(reference))
    lullaby = replace(settings.lullaby, quiet_hours="")
    strategy = strategy_of(lullaby, list_tracks(settings.lullaby.folder), settings.soothing, seed=0)
    length_s = duration_s(name)
    total = None if length_s is None else round(length_s)
    with tqdm(total=total, desc=printable(name), unit="s", leave=False, disable=None, delay=0.5) as bar:

        def heard() -> Iterator[Any]:
            n_samples = 0
            for piece in read_recording(name, settings.capture.channel):
                yield piece
                n_samples += len(piece)
                bar.update(n_samples // SAMPLE_RATE_HZ - bar.n)

        yield from replay(heard(), pipeline, strategy)


def _write(line: dict[str, Any] | str) -> None:
    text = line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)
    if sys.stderr.isatty():
        from tqdm import tqdm

        tqdm.write(text)  # makes room in front of the progress bar
    else:
        sys.stdout.write(text + "\n")


def _clock(event: Event) -> str:
    minutes, seconds = divmod(event.at_s, 60)
    return f"{int(minutes):3d}:{seconds:05.2f}"


def _text(event: Event) -> str:
    if isinstance(event, WindowScored):
        return f"score {event.score:.3f}"
    words = event_text(event)
    return words[1] if words else ""
