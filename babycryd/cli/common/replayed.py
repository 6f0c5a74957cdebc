"""Recordings through the daemon's pipeline, as lines of text: what `replay` prints of each."""

import contextlib
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing import active_children, get_context
from typing import Any, Final

from babycryd.config import Settings
from babycryd.core.event_json import as_json
from babycryd.core.event_text import duration_text, event_text
from babycryd.core.events import CryEnded, CryStarted, Event, WindowScored
from babycryd.core.printable import printable, printable_path
from babycryd.core.soothing_events import LullabyStarted, LullabyStopped, SoothingStep
from babycryd.core.stirring_events import StirringEnded, StirringStarted
from babycryd.system.ctrl_c import ctrl_c_held_back

_SHOWN: Final[tuple[type[Event], ...]] = (
    *(CryStarted, CryEnded, StirringStarted, StirringEnded),
    *(LullabyStarted, LullabyStopped, SoothingStep),
)


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What is printed of a recording, and how it is read."""

    settings: Settings
    jsonl: bool = False
    scores: bool = False  # of every window, too
    reference: str | None = None  # what the speaker played meanwhile


class Replayer:
    """The pipeline's models, loaded once for many recordings. Raises ModelError."""

    def __init__(self, options: ReplayOptions) -> None:
        from babycryd.detect.second_tflite import shipped_second_opinion
        from babycryd.detect.tflite import shipped_classifier, shipped_fuss_head

        self._options = options
        self._classifier = shipped_classifier()
        self._second = shipped_second_opinion() if options.settings.detection.second_opinion else None
        self._fussing = shipped_fuss_head()

    def lines(self, name: str, *, bar: bool = True) -> Iterator[str]:
        """Yield the lines of a recording as they come. `bar`: show a progress bar in the terminal.

        Raises CaptureError and SpeexError, after the lines of all that could be read.
        """
        title, options = printable_path(name), self._options
        shown = (*_SHOWN, WindowScored) if options.scores else _SHOWN
        crying: list[CryEnded] = []
        for event in self._events(name, bar=bar):
            if isinstance(event, CryEnded):
                crying.append(event)
            if isinstance(event, shown):
                if options.jsonl:
                    yield json.dumps({"file": title, **as_json(event)}, ensure_ascii=False)
                elif text := _text(event):
                    yield f"{title}  {_clock(event)}  {text}"
        if not options.jsonl:
            total_s = sum(each.duration_s for each in crying)
            episodes = f"{len(crying)} episode{'' if len(crying) == 1 else 's'}"
            yield f"{title}: {episodes} of crying, {duration_text(total_s)} in all"

    def _events(self, name: str, *, bar: bool) -> Iterator[Event]:
        from tqdm import tqdm

        from babycryd.audio.format import SAMPLE_RATE_HZ
        from babycryd.capture.recording import duration_s, read_recording
        from babycryd.detect.pipeline import Pipeline
        from babycryd.engine.replay import replay
        from babycryd.soothe.strategy import strategy_of
        from babycryd.soothe.tracks import list_tracks

        settings = self._options.settings
        canceller = _canceller(self._options.reference)
        pipeline = Pipeline(settings.detection, self._classifier, self._second, self._fussing, canceller)
        lullaby = replace(settings.lullaby, quiet_hours="")
        strategy = strategy_of(lullaby, list_tracks(settings.lullaby.folder), settings.soothing, seed=0)
        length_s = duration_s(name)
        total = None if length_s is None else round(length_s)
        hidden = None if bar else True  # None: where it is no terminal
        with tqdm(total=total, desc=printable(name), unit="s", leave=False, disable=hidden, delay=0.5) as progress:

            def heard() -> Iterator[Any]:
                n_samples = 0
                for piece in read_recording(name, settings.capture.channel):
                    yield piece
                    n_samples += len(piece)
                    progress.update(n_samples // SAMPLE_RATE_HZ - progress.n)

            yield from replay(heard(), pipeline, strategy)


@dataclass(frozen=True, slots=True)
class Replayed:
    """The lines of a recording, and why it could not be read, or not any further."""

    lines: tuple[str, ...]
    error: str | None = None


def replayed_in_processes(names: Iterable[str], options: ReplayOptions, jobs: int) -> Iterator[Replayed]:
    """Replay recordings in `jobs` processes, and yield what each gave, in the order of the names.

    A recording that ends its process, for example by a fault of a sound library, has an error; the others are replayed.
    """
    waiting = list(names)
    while waiting:
        done = 0
        with contextlib.suppress(BrokenProcessPool), _pool(options, jobs) as pool:
            for future in _begun(pool, waiting):
                yield future.result()
                done += 1
        if done < len(waiting):
            yield _replayed_alone(waiting[done], options)
            done += 1
        waiting = waiting[done:]


@contextlib.contextmanager
def _pool(options: ReplayOptions, jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Run a pool whose processes end at once where the work on their results ends early, as by Ctrl+C."""
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_prepare, initargs=(options,)) as pool:
        try:
            yield pool
        except BaseException:
            for process in active_children():
                process.kill()
            raise


def _begun(pool: ProcessPoolExecutor, names: list[str]) -> "list[Future[Replayed]]":
    """Give recordings to a pool. Its processes inherit that Ctrl+C is held back: this one takes it and ends them."""
    with ctrl_c_held_back():
        return [pool.submit(_replay, name) for name in names]


def _replayed_alone(name: str, options: ReplayOptions) -> Replayed:
    """Replay a recording in a process of its own: it, or one that ran beside it, has ended a process."""
    with _pool(options, 1) as pool:
        try:
            return _begun(pool, [name])[0].result()
        except BrokenProcessPool:
            return Replayed((), f"{printable_path(name)}: the process that read it ended; the file may be damaged")


_replayer: Replayer | None = None  # of a process of `replayed_in_processes`


def _prepare(options: ReplayOptions) -> None:
    global _replayer  # noqa: PLW0603  # a process of the pool keeps its models between recordings
    _replayer = Replayer(options)


def _replay(name: str) -> Replayed:
    from babycryd.capture.source import CaptureError
    from babycryd.echo.speexdsp import SpeexError

    assert _replayer is not None
    lines: list[str] = []
    try:
        for line in _replayer.lines(name, bar=False):
            lines.append(line)  # noqa: PERF402  # an error in the middle leaves the lines before it
    except (CaptureError, SpeexError) as error:
        return Replayed(tuple(lines), str(error))
    return Replayed(tuple(lines))


def _canceller(reference: str | None) -> Any:
    """Return the canceller of what this file holds, or None. Raises SpeexError."""
    if reference is None:
        return None
    from babycryd.capture.recording import read_recording
    from babycryd.echo.canceller import EchoCanceller
    from babycryd.echo.recorded_reference import RecordedReference
    from babycryd.echo.speexdsp import SpeexFilter

    return EchoCanceller(RecordedReference(read_recording(reference)), SpeexFilter())


def _clock(event: Event) -> str:
    minutes, seconds = divmod(event.at_s, 60)
    return f"{int(minutes):3d}:{seconds:05.2f}"


def _text(event: Event) -> str:
    if isinstance(event, WindowScored):
        return f"score {event.score:.3f}"
    words = event_text(event)
    return words[1] if words else ""
