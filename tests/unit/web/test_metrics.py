"""What Prometheus is told, and that the shipped rules ask for nothing else."""

import re
import time
from dataclasses import replace
from pathlib import Path

import yaml

from babycryd.core.events import (
    ControlsChanged,
    CryEnded,
    CryStarted,
    Deaf,
    EpisodesMarked,
    SelfTested,
    StateChanged,
)
from babycryd.core.liveness import Liveness
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted
from babycryd.web.state_view import StateView
from tests.support.metrics import HEALTH, samples_of
from tests.support.serving import serving

RULES = yaml.safe_load(Path("config/prometheus/rules.yml").read_text())
TAKEN_BACK = (EpisodesMarked(1.0, (("e1", None),)),)


async def test_every_figure_is_told(tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        await device.tell(
            StateChanged(1.0, "crying", 5.0),
            ControlsChanged(1.0, 40.0, 0.77, time.time() + 3600.0, 1.5),
            CryStarted(1.0, 5.0, "e1", 0.9),
            LullabyStarted(2.0, "brahms"),
            CryEnded(20.0, "e1", 5.0, 19.0, 0.9, 12.0, "calm"),
            CryStarted(30.0, 35.0, "e2", 0.9),
            CryEnded(31.0, "e2", 35.0, 1.0, 0.9, 1.0, "deaf"),
            LullabyFailed(30.0, "brahms", "no speaker"),
            Deaf(31.0, "unplugged"),
            HEALTH,
        )
        found = await samples_of(device)
        expected = {
            "babycryd_listening": 1,
            "babycryd_state{crying}": 1,
            "babycryd_state{listening}": 0,
            "babycryd_episodes_total": 2,
            "babycryd_crying_seconds_total": 20,
            "babycryd_episodes_calmed_total": 1,
            "babycryd_settling_seconds_total": 12,
            "babycryd_lullabies_total": 1,
            "babycryd_lullaby_failures_total": 1,
            "babycryd_deaf_total": 1,
            "babycryd_volume_percent": 40,
            "babycryd_lost_total{audio blocks}": 3,
            "babycryd_cpu_percent": 4.5,
            "babycryd_cloud_route": 1,
            "babycryd_speaker": 0,
            "babycryd_offloaded_segments_total": 7,
            "babycryd_last_judged_age_seconds": 0.1,
            "babycryd_page_viewers": 0,
            "babycryd_listeners": 0,
        }
        assert {name: found.get(name) for name in expected} == expected
        assert 3000 < found["babycryd_snooze_left_seconds"] <= 3600
        assert found["process_resident_memory_bytes"] > 10_000_000
        device.liveness = Liveness("unplugged", None, None)
        assert (await samples_of(device))["babycryd_listening"] == 0


async def test_troubles_marks_and_the_outbox_are_told(tmp_path: Path) -> None:
    test = SelfTested(1.0, 1.0, "not_proven", "the speaker was not heard", -60.0)
    troubled = replace(HEALTH, disk="full", self_test=test, closed=(("notify", "no token"),))
    async with serving(tmp_path) as device:
        await device.tell(troubled, EpisodesMarked(1.0, (("e1", False), ("e2", False), ("e3", True))), *TAKEN_BACK)
        found = await samples_of(device)
        expected = {
            "babycryd_trouble{disk}": 1,
            "babycryd_trouble{broker}": 0,
            "babycryd_trouble{notify}": 1,
            "babycryd_marks{no}": 1,
            "babycryd_marks{yes}": 1,
            "babycryd_self_test": 0,
            "babycryd_outbox": 5,
            "babycryd_outbox_dropped_total": 2,
        }
        assert {name: found.get(name) for name in expected} == expected
        device.outbox = None
        assert "babycryd_outbox" not in await samples_of(device)


def test_the_marks_of_years_are_bounded() -> None:
    view = StateView()
    for number in range(1_100):
        view.note(EpisodesMarked(1.0, ((f"e{number}", False),)), 1.0)
    assert (len(view.marks), min(view.marks)) == (1_000, "e100")


async def test_the_rules_ask_for_what_there_is(tmp_path: Path) -> None:
    rules = [rule for group in RULES["groups"] for rule in group["rules"]]
    asked = {name for rule in rules for name in re.findall(r"(?<!:)babycryd_\w+", rule["expr"])}
    test = SelfTested(1.0, 1.0, "heard", "", -60.0)
    async with serving(tmp_path) as device:
        await device.tell(replace(HEALTH, self_test=test))
        there = {name.split("{")[0] for name in await samples_of(device)}
    assert asked - there == set()
    assert len(asked) > 8
