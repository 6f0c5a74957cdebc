"""Status of the model channel: what health, page and `doctor` tell, and for how long."""

from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.i18n import LANGUAGES
from babycryd.model_channel.choice import BY_OWNER, Choice
from babycryd.model_channel.comparison import Tally
from babycryd.model_channel.diagnosis import diagnose
from babycryd.model_channel.settings import ModelChannelSettings
from babycryd.model_channel.status import TOLD_FOR_S, check, status
from babycryd.model_channel.store import FILE, FOLDER, ModelStore
from tests.support.signed_models import Signer, another_model, kept_package

A, NOW_S = "a" * 64, 1_790_000_000.0
SETTINGS = ModelChannelSettings(source="/channel", shadow_hours=10)
TRIAL = Choice(candidate=A, serial=1)
DROPPED = replace(TRIAL.rolled_back("it gives no scores"), why_utc_s=NOW_S)
HALF = Tally(heard_s=18_000, only_candidate=1)


@pytest.mark.parametrize(
    ("choice", "tally", "state", "note", "text"),
    [
        (Choice(), Tally(), "steady", False, "the shipped model decides"),
        (TRIAL, HALF, "trial", False, "model aaaaaaaaaaaa hears in its shadow: 5.0 of 10 h compared"),
        (TRIAL, Tally(heard_s=36_000), "passed", True, "to let it decide: babycryd model switch"),
        (TRIAL.switched(), HALF, "probation", False, "to go back: babycryd model rollback"),
        (DROPPED, Tally(), "rolled_back", True, "a new model was dropped (it gives no scores), and the shipped model"),
        (TRIAL.switched().confirmed(), Tally(), "steady", False, "model aaaaaaaaaaaa decides"),
        (replace(DROPPED, why=BY_OWNER), Tally(), "steady", False, "the shipped model decides"),
    ],
)
def test_each_state_has_its_line_with_the_next_step(
    choice: Choice, tally: Tally, state: str, *, note: bool, text: str
) -> None:
    found = status(choice, tally, SETTINGS, NOW_S)
    shown = check(found)
    assert found.state == state
    assert (shown.what, shown.note, shown.good) == ("model", note, None if note else True)
    assert text in shown.text


def test_the_page_has_words_for_each_of_them_in_every_language() -> None:
    for language in LANGUAGES.values():
        assert all(f"page.health.model_{state}" in language.texts for state in ("trial", "probation"))
        for state in ("passed", "rolled_back"):
            keys = (f"page.{kind}.model_{state}" for kind in ("health", "trouble", "remedy"))
            assert all(key in language.texts for key in keys)


def test_a_model_that_was_dropped_is_told_for_a_week() -> None:
    assert status(DROPPED, Tally(), SETTINGS, NOW_S + TOLD_FOR_S - 1).why == "it gives no scores"
    assert status(DROPPED, Tally(), SETTINGS, NOW_S + TOLD_FOR_S).state == "steady"


def test_doctor_says_what_is_tried_and_what_is_damaged(tmp_path: Path) -> None:
    signer, store = Signer(), ModelStore(tmp_path)
    settings = replace(SETTINGS, public_key=signer.public)
    assert diagnose(ModelChannelSettings(), tmp_path, NOW_S).good is None
    name = kept_package(tmp_path / FOLDER, signer, another_model())
    store.change(lambda now: now.offered(name, 1, "", again=False))
    assert f"model {name[:12]} hears in its shadow" in diagnose(settings, tmp_path, NOW_S).text
    store.change(lambda now: now.switched().confirmed())
    whole = diagnose(settings, tmp_path, NOW_S)
    assert (whole.what, whole.good, whole.text) == ("model channel", True, f"model {name[:12]} decides")
    (store.package(name) / "cry.tflite").write_bytes(b"half")
    damaged = diagnose(settings, tmp_path, NOW_S)
    assert damaged.good is False
    assert "is damaged, or only a part of it" in damaged.text
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).mkdir()
    assert f"{FILE} cannot be read" in diagnose(settings, tmp_path, NOW_S).text
