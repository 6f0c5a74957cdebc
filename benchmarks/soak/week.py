"""PURE. What happens in the nursery, and to the hardware, in so many days: the script that the soak is measured by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from babycryd.demo.sound import SAMPLE_RATE_HZ, at_dbfs, in_room, pink, samples_in
from babycryd.demo.voice import babble, cry

Samples = NDArray[np.float32]
What = Literal["cry", "talk", "bang"]
Kind = Literal[
    "microphone unplugged",
    "microphone stalls",
    "microphone muted",
    "speaker lost",
    "broker stopped",
    "broker killed",
    "broker frozen",
    "clock set",
    "reload",
]
DAY_S: Final = 86_400.0
_WHAT: Final[tuple[What, ...]] = ("cry", "cry", "talk", "bang")
SETTLING_S: Final = 120.0  # at the beginning nothing happens
_ROOM_S: Final = 97.0  # of room noise, again and again; a prime, so that nothing falls into step with it
_CALM_S: Final = np.array([30.0, 90.0, 600.0, 1800.0])  # at least, between two scenes
_A_DAY: Final[dict[Kind, int]] = {
    "microphone unplugged": 3,
    "microphone stalls": 2,
    "microphone muted": 1,
    "speaker lost": 3,
    "broker stopped": 2,
    "broker killed": 1,
    "broker frozen": 1,
    "clock set": 2,
    "reload": 4,
}
_LASTS_S: Final[dict[Kind, tuple[float, float]]] = {
    "microphone unplugged": (1.0, 240.0),
    "microphone stalls": (3.0, 60.0),
    "microphone muted": (6.0, 60.0),
    "speaker lost": (600.0, 3600.0),
    "broker stopped": (60.0, 3600.0),
    "broker killed": (60.0, 1800.0),
    "broker frozen": (60.0, 900.0),
    "clock set": (0.0, 0.0),
    "reload": (0.0, 0.0),
}
DEAFENING: Final = ("microphone unplugged", "microphone stalls", "microphone muted")


@dataclass(frozen=True, slots=True)
class Scene:
    """Something sounds."""

    start_s: float
    end_s: float
    what: What
    take: int  # which of the recordings of it
    gain: float


@dataclass(frozen=True, slots=True)
class Fault:
    """Something breaks."""

    start_s: float
    end_s: float
    kind: Kind
    by_s: float = 0.0  # that the clock is set by


class Week:
    """`days` of it; the same seed gives the same samples and faults."""

    def __init__(
        self, days: float, seed: int = 0, faults_a_day: Mapping[Kind, int] | None = None, *, restless: bool = False
    ) -> None:
        """`restless`: a cry about every half a minute, and nothing else."""
        self._restless = restless
        self.length_s = days * DAY_S
        rng = np.random.default_rng(seed)
        room = at_dbfs(pink(rng, samples_in(_ROOM_S)), -58.0).astype(np.float32)
        self._room_length = len(room)
        self._room = np.concatenate([room, room])
        kinds: dict[What, None] = {"cry": None} if restless else dict.fromkeys(_WHAT)
        self._takes = {what: _takes(rng, what, short=restless) for what in kinds}
        self.scenes = tuple(self._script(rng))
        self.faults = tuple(_misfortunes(rng, days, self.length_s, _A_DAY if faults_a_day is None else faults_a_day))
        self._first = 0  # scene that has not ended yet

    def samples(self, first: int, count: int) -> Samples:
        """From sample `first` of the week on. Quick where one asks in order of time."""
        at = first % self._room_length
        heard = self._room[at : at + count].copy()
        start_s, end_s = first / SAMPLE_RATE_HZ, (first + count) / SAMPLE_RATE_HZ
        if self._first and self.scenes[self._first - 1].end_s > start_s:
            self._first = 0
        while self._first < len(self.scenes) and self.scenes[self._first].end_s <= start_s:
            self._first += 1
        for scene in self.scenes[self._first :]:
            if scene.start_s >= end_s:
                break
            offset = first - samples_in(scene.start_s)
            take = self._takes[scene.what][scene.take]
            part = take[max(0, offset) : max(0, offset + count)]
            begin = max(0, -offset)
            heard[begin : begin + len(part)] += scene.gain * part
        return np.clip(heard, -1, 1, out=heard)

    def _script(self, rng: np.random.Generator) -> Iterator[Scene]:
        at_s = SETTLING_S
        while True:
            what: What = "cry" if self._restless else _WHAT[int(rng.integers(len(_WHAT)))]
            take = int(rng.integers(len(self._takes[what])))
            lasts_s = len(self._takes[what][take]) / SAMPLE_RATE_HZ
            if at_s + lasts_s + 60 > self.length_s:
                return
            yield Scene(at_s, at_s + lasts_s, what, take, float(rng.uniform(0.5, 1.4)))
            at_s += lasts_s + (20.0 if self._restless else float(rng.choice(_CALM_S))) * rng.uniform(1.0, 2.0)


def _takes(rng: np.random.Generator, what: What, *, short: bool) -> list[Samples]:
    """Several of each, with the echo of the room."""
    if short:
        dry = [at_dbfs(cry(rng, lasts_s), -26) for lasts_s in (7.0, 12.0)]
    elif what == "cry":
        dry = [at_dbfs(cry(rng, lasts_s), -26) for lasts_s in (7.0, 12.0, 20.0, 35.0)]
        dry.append(np.concatenate([dry[3], np.zeros(samples_in(4.0)), dry[2], dry[3]]))  # a long bout
    elif what == "talk":
        said = at_dbfs(babble(rng, 12.0), -44)
        dry = [np.resize(said, samples_in(lasts_s)) for lasts_s in (5.0, 30.0, 120.0)]
    else:
        dry = [at_dbfs(pink(rng, samples_in(0.2)), -25) * np.linspace(1, 0, samples_in(0.2)) for _ in range(3)]
    return [in_room(rng, np.pad(one, (0, samples_in(0.4))), decay_s=0.35, wet=0.4).astype(np.float32) for one in dry]


def _misfortunes(rng: np.random.Generator, days: float, length_s: float, a_day: Mapping[Kind, int]) -> list[Fault]:
    """In order of time; the steps of the clock cancel each other out, roughly."""
    faults = []
    for kind, often in a_day.items():
        count = max(1, round(often * days))
        starts_s = np.sort(rng.uniform(2 * SETTLING_S, max(3 * SETTLING_S, length_s - 2 * SETTLING_S), count))
        for number, start_s in enumerate(starts_s):
            lasts_s = min(rng.uniform(*_LASTS_S[kind]), length_s / 20)
            by_s = (3600.0 if number % 2 else -3600.0) if kind == "clock set" else 0.0
            faults.append(Fault(float(start_s), float(start_s + lasts_s), kind, by_s))
    return _one_at_a_time(sorted(faults, key=lambda fault: fault.start_s))


def _one_at_a_time(faults: list[Fault]) -> list[Fault]:
    """Of each part of the house: a broken one does not break again."""
    ends_s: dict[str, float] = {}
    kept = []
    for fault in faults:
        part = fault.kind.split()[0]
        if fault.start_s > ends_s.get(part, 0.0) + 5.0:
            kept.append(fault)
            ends_s[part] = fault.end_s
    return kept
