"""The shadow, which hears with the home's controls, and the tap that copies sound for it."""

import numpy as np

from babycryd.audio.block import Hop
from babycryd.audio.format import HOP, HOP_S
from babycryd.core.events import ControlsChanged, CryEnded, CryStarted
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.settings import DetectionSettings
from babycryd.model_channel.shadow import Shadow
from babycryd.model_channel.shadow_tap import CAPACITY_HOPS, ShadowTap
from tests.support.compared_models import SaysAlways


def test_a_snooze_and_a_threshold_are_those_of_the_home() -> None:
    shadow = Shadow(Pipeline(DetectionSettings(), SaysAlways(0.8)), DetectionSettings())
    noise = np.random.default_rng(3).normal(0, 0.1, HOP * 40).astype(np.float32).reshape(-1, HOP)
    quiet = np.full((60, HOP), 1e-4, np.float32)
    heard = list[CryStarted | CryEnded]()
    at_s = 0.0
    for controls in (
        ControlsChanged(0.0, 50, 0.9, None, 0.0),  # 0.8 is below
        ControlsChanged(0.0, 50, 0.7, 1.0, 5.0),  # snoozing
        ControlsChanged(0.0, 50, 0.7, None, 0.0),
    ):
        shadow.follow(controls)
        for hop in (*quiet, *noise, *quiet):
            at_s = round(at_s + HOP_S, 6)
            heard += shadow.hear([Hop(hop, at_s, at_s, after_gap=False)])
    begins = [each for each in heard if isinstance(each, CryStarted)]
    assert len(begins) == 1
    assert begins[0].at_s > 2 * 160 * HOP_S


def test_a_tap_that_nobody_empties_counts_what_it_loses_and_passes_every_hop_on() -> None:
    class Louder:
        working = True

        def process(self, hop: Hop) -> Hop:
            return Hop(hop.samples * 2, hop.at_s, hop.utc_s, hop.after_gap)

    tap = ShadowTap(Louder())
    assert tap.working
    assert not ShadowTap().working
    hop = Hop(np.ones(HOP, np.float32), 1.0, 1.0, after_gap=False)
    assert tap.process(hop).samples[0] == 2
    assert tap.take(9) == ([], 0)
    tap.listen(listening=True)
    for _ in range(CAPACITY_HOPS + 7):
        assert tap.process(hop).samples[0] == 2
    hops, lost = tap.take(3)
    assert ([each.samples[0] for each in hops], lost) == ([2, 2, 2], 7)
    tap.listen(listening=False)
    assert tap.waiting == 0
