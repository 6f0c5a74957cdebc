"""The table of components: which there are, which are vital, and in which order they end."""

from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.config import Settings
from babycryd.config.access import password_path
from babycryd.core.bus import Bus
from babycryd.core.supervision import Component, stop_order
from babycryd.daemon.components import components
from babycryd.daemon.page import build_page
from babycryd.daemon.vital_parts import Hardware, build_core
from babycryd.echo.settings import EchoSettings
from babycryd.web.auth.passwords import hash_of
from tests.support.echoes import speex_filter
from tests.support.fakes.player import FakePlayer
from tests.support.fakes.quiet_room import QuietRoom

ALWAYS = [
    *("soothe", "listen", "pipeline", "dispatcher"),
    *(
        "clock",
        "state-folder",
        "feedback",
        "home",
        "soothing-memory",
        "notify",
        "health",
        "liveness",
        "self-test",
        "loudness",
        "listen-in",
        "control-socket",
    ),
    "opened",
]


def table(settings: Settings) -> tuple[Component, ...]:
    core = build_core(settings, Bus(), lambda: None, Hardware(QuietRoom(), FakePlayer()))
    return components(settings, core, lambda: None)


@pytest.fixture
def plain(tmp_path: Path) -> Settings:
    """Nothing but what is always there."""
    default = Settings(state_dir=str(tmp_path))
    history, web = replace(default.history, enabled=False), replace(default.web, enabled=False)
    return replace(default, history=history, web=web, echo=EchoSettings(enabled=False))


@pytest.fixture
def full(tmp_path: Path) -> Settings:
    default = Settings(state_dir=str(tmp_path))
    return replace(
        default,
        mqtt=replace(default.mqtt, host="localhost"),
        offload=replace(default.offload, enabled=True, bucket="cries"),
        clips=replace(default.clips, enabled=True),
        echo=EchoSettings(enabled=False),  # it needs a library
    )


def test_only_what_the_settings_want_is_there(plain: Settings) -> None:
    found = table(plain)
    assert [each.name for each in found] == ALWAYS
    assert [each.name for each in found if each.vital] == ["soothe", "listen", "dispatcher"]


def test_the_echo_of_a_microphone_is_cancelled_where_the_library_is(plain: Settings) -> None:
    speex_filter()
    assert "echo" in {each.name for each in table(replace(plain, echo=EchoSettings()))}


def test_everything_that_can_be_wanted_ends_in_its_order(full: Settings) -> None:
    found = table(full)
    names = {each.name for each in found}
    assert names == {*ALWAYS, "offload", "history", "clips", "mqtt", "report", "web"}
    assert {name for each in found for name in each.stop_after} <= names
    assert [each.name for each in stop_order(found)] == [
        "listen",
        "offload",
        "pipeline",
        "soothe",
        "notify",
        "mqtt",
        "history",
        "clips",
    ]


def test_without_the_optional_ones_the_order_is_the_same(plain: Settings) -> None:
    assert [each.name for each in stop_order(table(plain))] == ["listen", "pipeline", "soothe", "notify"]


def test_a_page_without_a_usable_hash_is_built_closed_and_health_says_why(plain: Settings) -> None:
    settings = replace(plain, web=replace(plain.web, enabled=True))
    path = password_path(settings, {})
    path.write_text("")
    core = build_core(settings, Bus(), lambda: None, Hardware(QuietRoom(), FakePlayer()))
    build_page(settings, core)
    assert list(core.status.closed) == ["login"]
    assert str(path) in core.status.closed["login"]
    path.write_text(hash_of("correct horse"))
    core = build_core(settings, Bus(), lambda: None, Hardware(QuietRoom(), FakePlayer()))
    build_page(settings, core)
    assert core.status.closed == {}
