"""Which condition becomes an alert, who is told how often, and when it is quiet again."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from babycryd.notify.notice import Notice
from babycryd.notify.policy import AlertLimits, AlertPolicy, Recipient

UTC_S = 1_700_000_000.0
MOTHER, FATHER = Recipient("mother"), Recipient("father", after_s=300.0)
LIMITS = AlertLimits(crying_s=60.0, deaf_s=180.0, repeat_s=120.0, repeats=3)


def policy(*recipients: Recipient, limits: AlertLimits = LIMITS) -> AlertPolicy:
    return AlertPolicy(limits, lambda: recipients)


def through(policy: AlertPolicy, until_s: float) -> list[tuple[float, str, str]]:
    """Time, recipient and step of everything that is due until then; it is asked only when it said that it would be."""
    told: list[tuple[float, str, str]] = []
    while (at_s := policy.next_s()) is not None and at_s <= until_s:
        told += [(at_s, each.to, each.step) for each in policy.due(at_s, UTC_S + at_s)]
    return told


def test_short_crying_tells_nothing() -> None:
    alerts = policy(MOTHER)
    alerts.begin("crying", "e1", 0.0, UTC_S)
    assert through(alerts, 59.9) == []
    assert alerts.end("crying", UTC_S + 59.9) == []
    assert alerts.next_s() is None
    assert alerts.state == "quiet"


def test_an_alert_is_repeated_then_escalated_then_over() -> None:
    alerts = policy(MOTHER, FATHER)
    alerts.begin("crying", "e1", 0.0, UTC_S)
    assert through(alerts, 200.0) == [(60.0, "mother", "first"), (180.0, "mother", "again")]
    assert (alerts.state, alerts.loudest) == ("told", ("crying", UTC_S))
    assert through(alerts, 400.0) == [(300.0, "mother", "again"), (360.0, "father", "first")]
    assert alerts.state == "escalated"
    over = alerts.end("crying", UTC_S + 400.0)
    assert [(each.to, each.step) for each in over] == [("mother", "over"), ("father", "over")]
    assert (alerts.state, alerts.loudest, alerts.next_s()) == ("quiet", (None, None), None)


def test_an_acknowledged_alert_is_not_told_again_and_reaches_no_further_recipient() -> None:
    alerts = policy(MOTHER, FATHER)
    alerts.begin("crying", "e1", 0.0, UTC_S)
    assert len(through(alerts, 100.0)) == 1
    assert alerts.acknowledge() == ["crying-e1"]
    assert alerts.state == "acknowledged"
    assert through(alerts, 1e6) == []
    assert alerts.acknowledge() == []
    assert [each.to for each in alerts.end("crying", UTC_S + 500.0)] == ["mother"]


def test_nothing_is_acknowledged_before_it_was_told() -> None:
    alerts = policy(MOTHER)
    alerts.begin("crying", "e1", 0.0, UTC_S)
    assert alerts.acknowledge() == []
    assert len(through(alerts, 60.0)) == 1


def test_without_recipients_page_and_mqtt_still_show_it() -> None:
    alerts = policy()
    alerts.begin("deaf", "1", 0.0, UTC_S, "unplugged")
    assert through(alerts, 180.0) == []
    assert (alerts.state, alerts.loudest) == ("told", ("deaf", UTC_S))
    assert alerts.next_s() is None


def test_repetitions_end_at_their_limit() -> None:
    alerts = policy(MOTHER)
    alerts.begin("crying", "e1", 0.0, UTC_S)
    assert [step for _, _, step in through(alerts, 1e6)] == ["first", "again", "again", "again"]


def test_a_lasting_condition_begins_once_and_takes_the_new_reason() -> None:
    alerts = policy(MOTHER)
    alerts.begin("deaf", "1", 0.0, UTC_S, "unplugged")
    alerts.begin("deaf", "2", 100.0, UTC_S + 100.0, "busy")
    notice = alerts.due(180.0, UTC_S + 180.0)[0]
    assert (notice.alert, notice.reason, notice.began_utc_s) == ("deaf-1", "busy", UTC_S)


def test_what_can_no_longer_be_heard_is_told_at_once() -> None:
    alerts = policy(MOTHER)
    alerts.begin("deaf", "1", 0.0, UTC_S)
    alerts.hasten("deaf", 5.0)
    assert through(alerts, 5.0) == [(5.0, "mother", "first")]


def test_music_that_does_not_help_takes_the_place_of_crying() -> None:
    alerts = policy(MOTHER)
    alerts.begin("crying", "e1", 0.0, UTC_S)
    through(alerts, 60.0)
    alerts.promote("crying", "needs_you", "e1", 90.0, UTC_S + 90.0)
    notice = alerts.due(90.0, UTC_S + 90.0)[0]
    assert (notice.kind, notice.step, notice.began_utc_s) == ("needs_you", "first", UTC_S)
    assert not alerts.is_raised("crying")


def test_acknowledged_crying_is_not_promoted() -> None:
    alerts = policy(MOTHER)
    alerts.begin("crying", "e1", 0.0, UTC_S)
    through(alerts, 60.0)
    alerts.acknowledge()
    alerts.promote("crying", "needs_you", "e1", 90.0, UTC_S + 90.0)
    assert alerts.state == "acknowledged"
    assert through(alerts, 1e6) == []


def test_a_clock_that_is_set_moves_the_beginning() -> None:
    alerts = policy(MOTHER)
    alerts.begin("crying", "e1", 0.0, UTC_S)
    alerts.move(3600.0)
    assert alerts.due(60.0, UTC_S + 3660.0)[0].began_utc_s == UTC_S + 3600.0


def test_a_recipient_who_comes_late_is_told_too() -> None:
    recipients = [MOTHER]
    alerts = AlertPolicy(LIMITS, lambda: recipients)
    alerts.begin("crying", "e1", 0.0, UTC_S)
    through(alerts, 60.0)
    recipients.append(Recipient("push-1"))
    assert [each.to for each in alerts.due(70.0, UTC_S)] == ["push-1"]


@given(
    st.lists(st.tuples(st.sampled_from(["begin", "end", "wait", "acknowledge"]), st.floats(0.1, 500.0)), max_size=40)
)
def test_ids_are_never_made_twice_and_pauses_are_kept(steps: list[tuple[str, float]]) -> None:
    alerts, at_s, notices = policy(MOTHER, FATHER), 0.0, list[tuple[float, Notice]]()
    for number, (step, pause_s) in enumerate(steps):
        at_s += pause_s
        notices += [(at_s, each) for each in alerts.due(at_s, UTC_S + at_s)]
        match step:
            case "begin":
                alerts.begin("crying", f"e{number}", at_s, UTC_S + at_s)
            case "end":
                notices += [(at_s, each) for each in alerts.end("crying", UTC_S + at_s)]
            case "acknowledge":
                alerts.acknowledge()
    ids = [each.id for _, each in notices]
    assert len(ids) == len(set(ids))
    for name in ("mother", "father"):
        told = [(at_s, each) for at_s, each in notices if each.to == name and each.step != "over"]
        for (before_s, before), (after_s, after) in pairwise(told):
            assert after.alert != before.alert or after_s - before_s >= LIMITS.repeat_s
