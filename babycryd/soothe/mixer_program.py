"""Program of the mixer's process: makes the calls that come as JSON lines on stdin, and answers each on stdout.

Sound files are decoded only here. A file on which a decoder crashes, spins or fills the memory costs this process,
never the daemon: `mixer_process` ends it and starts a new one.

    {"id": 7, "call": "start", "with": {"path": "/srv/a.ogg", "repeat": true, "volume": 0.4, "fade_in_s": 3.0}}
    {"id": 7, "result": null}    or {"id": 7, "error": "...", "of": "track"}, where `of` is "track" or "speaker"
"""

import contextlib
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO, Final

from babycryd.soothe.mixer import Mixer
from babycryd.soothe.player import PlayerError, TrackError
from babycryd.soothe.track_trial import TrackTrial
from babycryd.system.isolated_process import begin, give_way

MOST_BYTES: Final = 256 << 20  # of memory that it may write to; some 30 MB are usual
_OOM_SCORE: Final = 1000  # a lullaby is the first that a computer without memory can do without


def serve(device: str | None = None) -> None:
    """Answer calls until stdin ends, or the daemon does; `device`: the speaker, None: the system's default."""
    answers = begin()
    _stand_apart()
    _answer_calls(Mixer(device), sys.stdin.buffer, answers)
    os._exit(0)  # on a stalled sound server, SDL's own end would wait for ever


def _answer_calls(mixer: Mixer, calls: BinaryIO, answers: Any) -> None:
    calls_of: dict[str, Any] = {
        "prepare": mixer.prepare,
        "open": mixer.open,
        "start": lambda path, **choices: mixer.start(Path(path), **choices),
        "set_volume": mixer.set_volume,
        "fade_out": mixer.fade_out,
        "sounding": mixer.sounding,
        "close": mixer.close,
        "try": TrackTrial().attempt,
    }
    for line in calls:
        call = json.loads(line)
        answer = {"id": call["id"], **_answer(calls_of[call["call"]], call["with"])}
        answers.write(json.dumps(answer).encode() + b"\n")


def _answer(work: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"result": work(**arguments)}
    except PlayerError as error:
        return {"error": str(error), "of": "track" if isinstance(error, TrackError) else "speaker"}
    except Exception as error:  # noqa: BLE001  # SDL's other errors; the daemon tells them
        return {"error": str(error), "of": "speaker"}


def _stand_apart() -> None:
    """Do not end before the daemon, be the first to go when memory is short, and never take much of it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # they are sent to the daemon's processes all at once; it fades first
    for limit, most in ((resource.RLIMIT_DATA, MOST_BYTES), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(OSError, ValueError):  # a service may be forbidden to change limits
            resource.setrlimit(limit, (most, most))
    give_way(_OOM_SCORE)
