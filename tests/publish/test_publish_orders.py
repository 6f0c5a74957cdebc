"""What the home may ask for, and what becomes of everything else."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babycryd.orders import LONGEST_TEXT, Feedback, OrderError
from babycryd.publish.messages import Speaker
from babycryd.publish.orders import LONGEST_PAYLOAD, MOST_AT_ONCE, Arrived, Counter

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["cry", "episode", "transaction", "other"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def taken(payload: bytes, *, retained: bool = False) -> Arrived:
    arrived = Counter("babycryd/nursery").take(payload, retained=retained, at_s=0.0)
    assert arrived is not None
    return arrived


@pytest.mark.parametrize(
    ("payload", "transaction", "order"),
    [
        (b"true", None, Feedback(cry=True)),
        (b" False ", None, Feedback(cry=False)),
        (b'{"cry": false}', None, Feedback(cry=False)),
        (b'{"cry": true, "episode": "e1", "transaction": "t"}', "t", Feedback(cry=True, episode="e1")),
    ],
)
def test_true_false_and_json_are_understood(payload: bytes, transaction: str | None, order: Feedback) -> None:
    assert taken(payload) == Arrived("feedback", transaction, order)


@pytest.mark.parametrize(
    ("payload", "part"),
    [
        (b"", "got ''"),
        (b"perhaps", "got 'perhaps'"),
        (b"1", "expected true, false or"),
        (b"[true]", "expected true, false or"),
        (b"\xff\xfe", "expected true, false or"),
        (b'{"cry": "true"}', "must be true (it was the baby) or false"),
        (b'{"cry": true, "wrong": 1}', "unknown 'wrong'"),
        (b'{"cry": true, "episode": 7}', '"episode" must be a printable text'),
        (b"[" * (LONGEST_PAYLOAD + 1), f"{LONGEST_PAYLOAD} are the most"),
        (json.dumps({"cry": True, "transaction": "x" * (LONGEST_TEXT + 1)}).encode(), '"transaction" must be'),
        (b'{"cry": true, "transaction": "\\ud800"}', '"transaction" must be a printable text'),
    ],
)
def test_a_mistake_is_told_with_what_was_expected(payload: bytes, part: str) -> None:
    assert part in str(taken(payload).order)
    assert isinstance(taken(payload).order, OrderError)


def test_a_mistake_keeps_its_transaction() -> None:
    assert taken(b'{"cry": 1, "transaction": "t-9"}').transaction == "t-9"


def test_a_retained_command_is_refused_with_its_transaction() -> None:
    arrived = taken(b'{"cry": true, "transaction": "t"}', retained=True)
    assert arrived.transaction == "t"
    assert "without retain" in str(arrived.order)


def test_clearing_a_retained_command_is_no_command() -> None:
    assert Counter("b").take(b"", retained=True, at_s=0.0) is None


def test_a_flood_is_complained_of_once_and_forgiven() -> None:
    counter, most = Counter("b"), int(MOST_AT_ONCE)
    told = [counter.take(b"true", retained=False, at_s=5.0) for _ in range(100)]
    assert told[:most] == [Arrived("feedback", None, Feedback(cry=True))] * most
    assert "too many" in str(told[most])
    assert told[most + 1 :] == [None] * (99 - most)
    assert counter.take(b"true", retained=False, at_s=6.0) == Arrived("feedback", None, Feedback(cry=True))


@settings(max_examples=2000, deadline=None)
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_payload_raises_and_every_answer_can_be_sent(payload: bytes) -> None:
    arrived = taken(payload)
    outcome = arrived.order if isinstance(arrived.order, OrderError) else {"episode": arrived.order.episode}
    message = Speaker("b").answer(arrived, outcome)
    assert json.loads(message.payload)["ok"] is isinstance(arrived.order, Feedback)
