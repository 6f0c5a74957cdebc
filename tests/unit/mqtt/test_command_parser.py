"""What the home may ask for, and what becomes of everything else."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from babycryd.core.command_table import COMMANDS
from babycryd.core.command_values import LONGEST_TEXT, CommandError
from babycryd.core.commands import (
    Command,
    CommandResult,
    Feedback,
    PlayLullaby,
    PlayTestTone,
    SetThreshold,
    SetVolume,
    Snooze,
    StopLullaby,
)
from babycryd.mqtt.command_parser import (
    FLOOD,
    LONGEST_PAYLOAD,
    MOST_AT_ONCE,
    CommandParser,
    Rate,
    ReceivedCommand,
    answer,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["cry", "episode", "transaction", "value", "other"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def taken(payload: bytes, *, leaf: str = "feedback/set", retained: bool = False) -> ReceivedCommand:
    arrived = CommandParser("babycryd/nursery").parse(f"babycryd/nursery/{leaf}", payload, retained=retained)
    assert arrived is not None
    return arrived


@pytest.mark.parametrize(
    ("payload", "transaction", "order"),
    [
        (b"true", None, Feedback(cry=True)),
        (b" False ", None, Feedback(cry=False)),
        (b'{"cry": false}', None, Feedback(cry=False)),
        (b'{"cry": null, "episode": "e1"}', None, Feedback(cry=None, episode="e1")),
        (b'{"cry": true, "episode": "e1", "transaction": "t"}', "t", Feedback(cry=True, episode="e1")),
    ],
)
def test_true_false_and_json_are_understood(payload: bytes, transaction: str | None, order: Feedback) -> None:
    assert taken(payload) == ReceivedCommand("feedback", transaction, order)


@pytest.mark.parametrize(
    ("payload", "part"),
    [
        (b"", "got ''"),
        (b"perhaps", "got 'perhaps'"),
        (b"1", "expected true, false or"),
        (b"[true]", "expected true, false or"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"episode": "e1"}', '"cry" is missing'),
        (b'{"cry": "true"}', "must be true (it was the baby) or false"),
        (b'{"cry": true, "wrong": 1}', "unknown 'wrong'"),
        (b'{"cry": true, "episode": 7}', '"episode" must be a printable text'),
        (b"[" * (LONGEST_PAYLOAD + 1), f"{LONGEST_PAYLOAD} are the most"),
        (json.dumps({"cry": True, "transaction": "x" * (LONGEST_TEXT + 1)}).encode(), '"transaction" must be'),
        (b'{"cry": true, "transaction": "\\ud800"}', '"transaction" must be a printable text'),
    ],
)
def test_a_mistake_is_told_with_what_was_expected(payload: bytes, part: str) -> None:
    assert part in str(taken(payload).command)
    assert isinstance(taken(payload).command, CommandError)


def test_a_mistake_keeps_its_transaction() -> None:
    assert taken(b'{"cry": 1, "transaction": "t-9"}').transaction == "t-9"


def test_a_retained_command_is_refused_with_its_transaction() -> None:
    arrived = taken(b'{"cry": true, "transaction": "t"}', retained=True)
    assert arrived.transaction == "t"
    assert "without retain" in str(arrived.command)


def test_clearing_a_retained_command_is_no_command() -> None:
    assert CommandParser("b").parse("b/feedback/set", b"", retained=True) is None


def test_a_flood_is_counted_and_ends() -> None:
    rate, most = Rate(), int(MOST_AT_ONCE)
    assert [rate.take(5.0) for _ in range(most + FLOOD - 1)] == [True] * most + [False] * (FLOOD - 1)
    assert not rate.flooded
    assert not rate.take(5.0)
    assert rate.flooded
    assert rate.take(6.0)
    assert (rate.flooded, rate.refused) == (False, 0)


@pytest.mark.parametrize(
    ("leaf", "payload", "order"),
    [
        ("lullaby/set", b"ON", PlayLullaby()),
        ("lullaby/set", b"off", StopLullaby()),
        ("lullaby/set", b"brahms", PlayLullaby("brahms")),
        ("lullaby/set", b"12", PlayLullaby("12")),
        ("lullaby/set", b'{"value": true}', PlayLullaby()),
        ("volume/set", b"40", SetVolume(40)),
        ("volume/set", b'{"value": 0, "transaction": 7}', SetVolume(0)),
        ("snooze/set", b"30", Snooze(30)),
        ("threshold/set", b"0.8", SetThreshold(0.8)),
        ("command/test", b"", PlayTestTone()),
        ("command/test", b"PRESS", PlayTestTone()),
        ("command/test", b'{"transaction": "t"}', PlayTestTone()),
    ],
)
def test_plain_values_and_json_are_understood(leaf: str, payload: bytes, order: Command) -> None:
    assert taken(payload, leaf=leaf).command == order


@pytest.mark.parametrize(
    ("leaf", "payload", "part"),
    [
        ("lullaby/set", b"", "expected ON, OFF or the name of a track"),
        ("lullaby/set", b'{"value": 5}', "must be a printable text"),
        ("volume/set", b"101", "from 0 to 100"),
        ("volume/set", b"-1", "from 0 to 100"),
        ("volume/set", b"NaN", "got 'NaN'"),
        ("volume/set", b"1e999", "got 'inf'"),
        ("volume/set", b"9" * 400, "from 0 to 100"),
        ("volume/set", b"true", "got 'True'"),
        ("volume/set", b"loud", "got 'loud'"),
        ("volume/set", b'{"value": 5, "for": 3}', "unknown 'for'"),
        ("snooze/set", b"721", "from 0 to 720"),
        ("threshold/set", b"0.04", "from 0.05 to 0.99"),
        ("threshold/set", b"1", "from 0.05 to 0.99"),
        ("command/test", b"\xff", "not UTF-8"),
    ],
)
def test_values_out_of_range_are_refused_with_the_range(leaf: str, payload: bytes, part: str) -> None:
    order = taken(payload, leaf=leaf).command
    assert isinstance(order, CommandError)
    assert part in str(order)


def test_a_transaction_may_be_a_number() -> None:
    assert taken(b'{"value": 200, "transaction": 7}', leaf="volume/set").transaction == 7


@pytest.mark.parametrize("n_payloads", [500, pytest.param(20_000, marks=pytest.mark.slow)])
def test_no_payload_raises_and_every_answer_can_be_sent(n_payloads: int) -> None:
    @settings(max_examples=n_payloads, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.sampled_from([spec.topic for spec in COMMANDS]),
        st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()),
    )
    def ask(leaf: str, payload: bytes) -> None:
        arrived = taken(payload, leaf=leaf)
        outcome: CommandError | CommandResult = arrived.command if isinstance(arrived.command, CommandError) else {}
        message = answer("b", arrived, outcome)
        assert json.loads(message.payload)["ok"] is not isinstance(arrived.command, CommandError)

    ask()
