"""Echo canceller: the own sound leaves, everything else stays."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from babycryd.audio.block import Mono
from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.core.echo_reference import Played
from babycryd.echo.canceller import UNHEARD, EchoCanceller
from babycryd.echo.delay import EARLIEST, LATEST
from tests.support.echoes import LATENCY, ArrayReference, heard_from, hops, level_db, noise, speex_filter

N = 20 * SAMPLE_RATE_HZ // HOP * HOP


@dataclass
class NotedFilter:
    """Filter that returns the same for everything and notes what it was given."""

    returns: float = 0.0
    played: list[Mono] = field(default_factory=list)
    resets: int = 0

    def cancel(self, heard: Mono, played: Mono) -> Mono:
        self.played.append(played)
        return np.full_like(heard, self.returns)

    def reset(self) -> None:
        self.resets += 1


def cleaned(canceller: EchoCanceller, heard: Mono) -> Mono:
    return np.concatenate([canceller.process(hop).samples for hop in hops(heard)])


@pytest.mark.parametrize("drift_ppm", [0.0, 60.0])
def test_the_own_sound_leaves_and_another_sound_stays(drift_ppm: float) -> None:
    rng = np.random.default_rng(7)
    played = noise(rng, N)
    echo = heard_from(played, drift_ppm=drift_ppm)
    other = np.zeros(N, np.float32)
    other[-2 * SAMPLE_RATE_HZ :] = noise(rng, 2 * SAMPLE_RATE_HZ)
    canceller = EchoCanceller(ArrayReference(played), speex_filter())
    clean = cleaned(canceller, echo + other + noise(rng, N, rms=1e-4))
    before, during = slice(-4 * SAMPLE_RATE_HZ, -2 * SAMPLE_RATE_HZ), slice(-2 * SAMPLE_RATE_HZ, None)
    assert level_db(clean[before]) < level_db(echo[before]) - 15
    assert level_db(clean[during] - other[during]) < level_db(echo[during]) - 8
    assert canceller.delay_s == pytest.approx(LATENCY / SAMPLE_RATE_HZ, abs=0.04)
    assert canceller.drift_ppm == pytest.approx(-drift_ppm, abs=3.0)
    assert canceller.trouble is None


def test_while_nothing_plays_the_sound_passes_untouched() -> None:
    adaptive = NotedFilter()
    heard = noise(np.random.default_rng(8), 10 * HOP)
    assert np.array_equal(cleaned(EchoCanceller(ArrayReference(np.zeros(0, np.float32)), adaptive), heard), heard)
    assert adaptive.played == []


def test_a_speaker_that_is_not_heard_is_told_and_the_sound_passes() -> None:
    rng = np.random.default_rng(9)
    n = 120 * HOP
    canceller, heard = EchoCanceller(ArrayReference(noise(rng, n)), NotedFilter()), noise(rng, n, rms=1e-3)
    assert np.array_equal(cleaned(canceller, heard), heard)
    assert canceller.trouble == UNHEARD
    assert canceller.delay_s is None


def test_a_filter_that_adds_sound_is_not_used() -> None:
    played = noise(np.random.default_rng(10), N)
    adaptive, heard = NotedFilter(returns=1.0), heard_from(played)
    assert np.array_equal(cleaned(EchoCanceller(ArrayReference(played), adaptive), heard), heard)
    assert adaptive.played


def test_another_sound_and_a_gap_let_the_filter_start_anew_with_the_known_delay() -> None:
    rng = np.random.default_rng(11)
    played = noise(rng, N)
    reference, adaptive = ArrayReference(played), NotedFilter()
    canceller = EchoCanceller(reference, adaptive)
    heard = heard_from(played)
    cleaned(canceller, heard)
    resets = adaptive.resets
    reference.start = N + 2 * HOP  # the same sound again
    adaptive.played.clear()
    later = [canceller.process(replace(hop, at_s=hop.at_s + (N + 2 * HOP) / SAMPLE_RATE_HZ)) for hop in hops(heard)[:4]]
    assert adaptive.resets > resets
    assert len(adaptive.played) == len(later) == 4  # at once, without a search


def test_a_first_guess_is_used_at_once_and_what_is_found_replaces_it() -> None:
    played = noise(np.random.default_rng(14), N)
    heard, adaptive = heard_from(played), NotedFilter()
    canceller = EchoCanceller(ArrayReference(played), adaptive)
    canceller.guess(LATENCY + 3000)
    cleaned(canceller, heard[: 2 * HOP])  # before any look at the delay
    assert adaptive.played
    assert canceller.delay_s == (LATENCY + 3000) / SAMPLE_RATE_HZ
    for hop in hops(heard)[2:]:
        canceller.process(replace(hop, after_gap=False))
    assert canceller.delay_s == pytest.approx(LATENCY / SAMPLE_RATE_HZ, abs=0.04)
    canceller.guess(0)
    assert canceller.delay_s > 0.1  # found is found


@pytest.mark.parametrize("delay", [EARLIEST - 1, LATEST])
def test_a_guess_that_cannot_be_is_ignored(delay: int) -> None:
    canceller = EchoCanceller(ArrayReference(np.zeros(0, np.float32)), NotedFilter())
    canceller.guess(delay)
    assert canceller.delay_s is None


def test_the_filter_is_given_what_will_be_heard() -> None:
    played = noise(np.random.default_rng(12), N)
    adaptive = NotedFilter()
    canceller = EchoCanceller(ArrayReference(played), adaptive)
    cleaned(canceller, heard_from(played))
    whole = np.concatenate([np.zeros(N, np.float32), played])
    match = np.correlate(whole[-3 * HOP :], adaptive.played[-1], "valid")
    late = len(match) - 1 - int(np.argmax(match))
    assert LATENCY - 1600 < late < LATENCY - 300  # the filter begins before the echo does


def test_an_unknown_sound_is_not_cancelled() -> None:
    class Unknown:
        def played(self, first: int, n: int) -> Played | None:  # as the protocol has it
            return None

        def playing_since(self, first: int, n: int) -> int | None:
            return None

    heard = noise(np.random.default_rng(13), 4 * HOP)
    assert np.array_equal(cleaned(EchoCanceller(Unknown(), NotedFilter()), heard), heard)
