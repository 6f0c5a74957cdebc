"""Second opinion: a larger network hears the last four seconds again where the classifier suspects a cry.

Its logit is added to the higher one of the classifier's last two, and this sum decides about the hop. Neither of them
has a veto: a cry that only one of them hears clearly is still a cry. It hears at most BUDGET_SHARE of the time; beyond
it the vote of the classifier's scores decides alone.
Measured figures: docs/decisions/0014-a-second-opinion.md.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.block import Hop, Mono
from babycryd.audio.format import HOP_FRAMES
from babycryd.detect.scoring import EMBEDDING
from babycryd.detect.second_features import LEAD_IN, MELS, Energies, hop_energies, network_input

SUSPECTED: Final = 0.1  # score from which a hop is heard again: 15 % of the hops of lively scenes
VOTERS: Final = 2  # last hops, of which one must be suspected
WINDOW_HOPS: Final = 16  # heard at once: the last 3.84 s
SHORT_HOPS: Final = 8  # the last 1.92 s, where fewer hops than WINDOW_HOPS follow a gap, and in pieces for the cloud

# Share of one core, averaged over BUDGET_S. A hearing takes 3 ms of a desktop core, and 70 to 280 ms of a Zero 2 W: it
# then hears the first 5 to 20 s of suspected crying in each minute, and the classifier never waits.
BUDGET_SHARE: Final = 0.1
BUDGET_S: Final = 60.0

# Quiet hops after which the network rests: five minutes. It takes 6 MB, and 5 to 10 ms of a desktop core to wake it.
RESTS_AFTER_HOPS: Final = 1250

QUIETEST_PEAK: Final = 1e-4  # -80 dBFS: digital silence is not scaled up
_SILENCE: Final = np.zeros(LEAD_IN, np.float32)  # before a stream's first hop
_LARGEST_LOGIT: Final = 15.0  # beyond it a score in single precision is 0 or 1


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the network says of a window."""

    logit: float  # of a cry; NaN is no answer
    embedding: NDArray[np.float32]  # (EMBEDDING,) what the window sounds like, without its sound


NO_OPINION: Final = Opinion(math.nan, np.zeros(EMBEDDING, np.float32))


class SecondNetwork(Protocol):
    """Network of the second opinion; for one thread."""

    def hear(self, mel: NDArray[np.float32]) -> Opinion:
        """Return the opinion on a window, (MELS, frames) from `second_features.network_input`."""
        ...

    def rest(self) -> None:
        """Give back the memory that only hearing takes; the next `hear` takes it again."""
        ...


@dataclass(frozen=True, slots=True)
class Sum:
    """Calibrated sum of the logits: a probability again, and at the default threshold as strict as the classifier."""

    slope: float  # above 0
    shift: float

    def score(self, first: float, logit: float) -> float:
        """Return the score, 0..1, of the classifier's score, 0..1, and the network's logit."""
        clipped = min(max(first, 1e-6), 1 - 1e-6)
        total = math.log(clipped / (1 - clipped)) + logit
        bounded = min(max(self.slope * total + self.shift, -_LARGEST_LOGIT), _LARGEST_LOGIT)
        return 1 / (1 + math.exp(-bounded))


class Budget:
    """Budget of CPU time: a share of one core over the last minute."""

    def __init__(self, share: float = BUDGET_SHARE, over_s: float = BUDGET_S) -> None:
        self._most_s, self._over_s = share * over_s, over_s
        self._spent: deque[tuple[float, float]] = deque()  # stream time and CPU seconds
        self._sum_s = 0.0

    def allows(self, at_s: float) -> bool:
        """Return whether there is anything left of the budget at this stream time."""
        while self._spent and self._spent[0][0] <= at_s - self._over_s:
            self._sum_s -= self._spent.popleft()[1]
        return not self._spent or self._sum_s < self._most_s

    def spend(self, at_s: float, cpu_s: float) -> None:
        """Take CPU time off the budget, at a stream time not before the last one."""
        self._spent.append((at_s, max(0.0, cpu_s)))
        self._sum_s += max(0.0, cpu_s)


@dataclass(slots=True)
class _Remembered:
    """Remembered hop with the samples before it; what is heard of it is computed when it is first needed."""

    before: Mono  # (LEAD_IN,)
    samples: Mono  # (HOP,)
    at_s: float  # stream time of its end
    _heard: tuple[Energies, float] | None = None

    def heard(self) -> tuple[Energies, float]:
        """Return the energies, (HOP_FRAMES, MELS), and the peak."""
        if self._heard is None:
            energies = hop_energies(np.concatenate((self.before, self.samples)))
            self._heard = energies, float(np.abs(self.samples).max())
        return self._heard


class SecondOpinion:
    """Second opinion: remembers the last hops, and hears them where the classifier suspects a cry."""

    def __init__(
        self,
        network: SecondNetwork,
        combined: Sum,
        cpu_s: Callable[[], float] | None = None,
        reference: NDArray[np.floating] | None = None,
        model: str = "",
    ) -> None:
        """`cpu_s`: clock of the CPU time that the calling thread has used; None: without a budget, as in a replay.

        `reference`: embeddings of genuine cries, (n, EMBEDDING), for `Verifiers`; None: nothing is learnt with it.
        `model`: name of the network: embeddings of two do not compare.
        """
        self.model = model
        self.reference = reference
        self.embedding: NDArray[np.float32] | None = None  # (EMBEDDING,) of the hop judged last; None: not heard here
        self._network = network
        self._sum = combined
        self._cpu_s = cpu_s
        self._budget = Budget()
        self._quiet_hops = 0  # since the network heard
        self._hops: deque[_Remembered] = deque(maxlen=WINDOW_HOPS)
        self._scores: deque[float] = deque(maxlen=VOTERS)  # of the classifier

    def forget(self) -> None:
        """Forget all hops: the next one does not follow them."""
        self._hops.clear()
        self._scores.clear()

    def rest(self) -> None:
        """Let the network rest until a cry is suspected."""
        self._network.rest()

    def remember(self, hop: Hop) -> None:
        """Take the next hop; computes nothing yet."""
        if hop.after_gap:
            self.forget()
        self._quiet_hops += 1
        if self._quiet_hops == RESTS_AFTER_HOPS:
            self.rest()
        before = self._hops[-1].samples[-LEAD_IN:] if self._hops else _SILENCE
        self._hops.append(_Remembered(before, hop.samples, hop.at_s))

    def judge(self, score: float | None, at_s: float, both: float | None = None) -> float | None:
        """Return the score, 0..1, that decides about the hop at `at_s`; None where the classifier's vote decides.

        Call it once a hop, in order. `score`: the classifier's, None where the gate was closed. `both`: what the cloud
        decided, which is taken as it is. The vote decides about another hop that was scored late, so that its sound is
        no longer the last one, and where the budget is spent.
        """
        self._scores.append(score if score is not None and math.isfinite(score) else 0.0)
        self.embedding = None
        if both is not None:
            return both
        if not self._hops or self._hops[-1].at_s != at_s:
            return None
        suspicion = max(self._scores)
        if suspicion < SUSPECTED:
            return suspicion
        if self._cpu_s is None:
            return self._both(suspicion)
        if not self._budget.allows(at_s):
            return None
        began_s = self._cpu_s()
        both = self._both(suspicion)
        self._budget.spend(at_s, self._cpu_s() - began_s)
        return both

    def _both(self, first: float) -> float | None:
        length = WINDOW_HOPS if len(self._hops) == WINDOW_HOPS else SHORT_HOPS
        last = list(self._hops)[-length:]
        energies, peak = np.zeros((length, HOP_FRAMES, MELS), np.float32), QUIETEST_PEAK
        for index, one in enumerate(last, start=length - len(last)):  # silence before a stream's first hop
            energies[index], one_peak = one.heard()
            peak = max(peak, one_peak)
        self._quiet_hops = 0
        heard = self._network.hear(network_input(energies.reshape(-1, MELS), peak))
        if not math.isfinite(heard.logit):
            return None
        self.embedding = heard.embedding
        return self._sum.score(first, heard.logit)
