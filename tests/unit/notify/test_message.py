"""Notices in words: what is told, how urgently, in every language, and what a late one says."""

import string
from dataclasses import asdict, replace
from datetime import timedelta, timezone
from typing import get_args

import pytest

from babycryd.core.alert import AlertKind
from babycryd.i18n import LANGUAGES, texts
from babycryd.notify.message import Home, message_of
from babycryd.notify.notice import Notice, NoticeKind

UTC_S = 1_763_776_385.0  # 2025-11-22, 02:53:05 in Berlin
HOME = Home("nursery", "Nursery", zone=timezone(timedelta(hours=1)))
FIRST = Notice("crying-e1-first-1-phone", "crying-e1", "phone", "crying", "first", UTC_S, UTC_S + 60)
OVER = replace(FIRST, id="crying-e1-over-1-phone", step="over", raised_utc_s=UTC_S + 300)


def test_an_alarm_says_since_when_and_for_how_long() -> None:
    message = message_of(FIRST, HOME, UTC_S + 61, over=False, token="t")  # noqa: S106
    assert (message.title, message.text) == ("The baby is crying", "Nursery: crying since 02:53, for 1 minute.")
    assert (message.urgency, message.late, message.button, message.token) == ("high", False, "I have seen it", "t")
    assert message.began_at == "2025-11-22T01:53:05+00:00"


def test_the_end_is_told_quietly_and_has_no_button() -> None:
    message = message_of(OVER, HOME, UTC_S + 300, over=False, token="t")  # noqa: S106
    assert (message.title, message.urgency, message.button, message.token) == ("Calm again", "low", "", "")
    assert message.text == "Nursery: calm at 02:58, after 5 minutes."


def test_a_late_one_says_so_and_what_is_over_alarms_no_more() -> None:
    late = message_of(FIRST, HOME, UTC_S + 3600, over=False)
    assert late.late
    assert late.urgency == "high"
    assert late.text.endswith("Sent late: it is of 02:54, and there was no connection.")
    over = message_of(FIRST, HOME, UTC_S + 3600, over=True)
    assert over.urgency == "normal"
    assert over.text.endswith("It is over by now.")
    assert over.button == ""


def test_a_hostile_reason_stays_one_line_of_bounded_length() -> None:
    notice = replace(FIRST, kind="deaf", reason="\x1b[2J\n" + 5000 * "x")
    text = message_of(notice, HOME, UTC_S, over=False).text
    assert text.isprintable()
    assert len(text) < 500


def test_webhooks_get_everything_but_the_token() -> None:
    message = message_of(FIRST, HOME, UTC_S, over=False, token="secret")  # noqa: S106
    fields = message.fields()
    assert "secret" not in str(fields)
    assert asdict(message).keys() - fields.keys() == {"button", "token"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [*get_args(AlertKind), "disk", "evening", "test"])
def test_every_kind_has_words_in_every_language(language: str, kind: NoticeKind) -> None:
    home = replace(HOME, language=language)
    notice = replace(FIRST, kind=kind, reason="r")
    steps = [notice, replace(notice, step="over")] if kind in get_args(AlertKind) else [notice]
    for each in steps:
        message = message_of(each, home, UTC_S, over=False)
        assert message.text.startswith("Nursery")
        assert not {"{", "}"} & set(message.title + message.text)


def test_the_texts_use_only_places_that_are_filled() -> None:
    known = {"room", "since", "time", "length", "reason"}
    for key, text in texts("en").items():
        if key.startswith("alert."):
            assert {name for _, name, _, _ in string.Formatter().parse(text) if name} <= known
