"""The Cloud Function on a real emulator: each recording gets one answer and is deleted."""

import io
import json
import threading
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
import requests
import soundfile

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from babycryd.detect.scoring import EMBEDDING, Piece
from babycryd.detect.tflite import shipped_classifier
from babycryd.offload.response import read_response
from babycryd.offload.upload import encode
from tests.support.cloud import HONOURS_PRECONDITIONS, IGNORES_THEM, Function, Storage
from tests.support.demo_sound import demo_samples
from tests.support.fakes.bad_network import BadRoad, Trouble
from tests.support.patience import HANG_S, wait_until


@pytest.fixture(scope="module", params=[HONOURS_PRECONDITIONS, IGNORES_THEM])
def storage(request: pytest.FixtureRequest) -> Iterator[Storage]:
    with Storage(request.param) as running:
        yield running


@pytest.fixture(scope="module")
def function(storage: Storage) -> Iterator[Function]:
    with Function(storage.environment) as running:
        yield running


@pytest.fixture(scope="module")
def cry() -> np.ndarray:
    """Twelve seconds of the demo's baby."""
    night = DemoNight()
    scene = next(each for each in night.scenes if each.what == "cry")
    return np.asarray(demo_samples()[int((scene.start_s + 1) * SAMPLE_RATE_HZ) :][: 12 * SAMPLE_RATE_HZ])


NOISE = np.random.default_rng(2).normal(0, 0.1, 9 * HOP)


def flac(samples: np.ndarray, rate_hz: int = SAMPLE_RATE_HZ) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format="FLAC")
    return file.getvalue()


def name(segment: str, device: str = "nursery") -> str:
    return f"recordings/{device}/{segment}.flac"


def test_a_piece_is_answered_for_each_of_its_hops_and_deleted(
    storage: Storage, function: Function, cry: np.ndarray
) -> None:
    piece = Piece(7, cry[: 14 * HOP].astype(np.float32), 5, 1234.5, 1.7e9)
    metadata = {"device": "nursery", "segment": "s1", "start_s": "1234.5", "hops": "5", "schema": "1"}
    storage.put(name("s1"), encode(piece), metadata)
    assert function.send(storage.event(name("s1"))) < 300
    answer = storage.answers()["s1"]
    assert answer["model_sha256"] == shipped_classifier().sha256
    assert answer["elapsed_ms"] > 0
    assert (answer["votes"], answer["positive"], answer["cry"]) == (5, 5, True)
    payload = storage.bucket.blob("predictions/nursery/s1.json").download_as_bytes()
    scored = read_response(payload, "s1", piece).scored
    assert all(each is not None and each.score > 0.7 and each.embedding.shape == (EMBEDDING,) for each in scored)
    assert name("s1") not in storage.names()


def test_nine_seconds_get_the_five_overlapping_subsequences(
    storage: Storage, function: Function, cry: np.ndarray
) -> None:
    quiet = np.random.default_rng(1).normal(0, 1e-3, 9 * SAMPLE_RATE_HZ)
    half = np.concatenate([quiet[: 6 * SAMPLE_RATE_HZ], cry[: 3 * SAMPLE_RATE_HZ]])
    for segment, samples in (("nine", cry[: 9 * SAMPLE_RATE_HZ]), ("quiet", quiet), ("half", half)):
        storage.put(name(segment), flac(samples))
        function.send(storage.event(name(segment)))
    answers = storage.answers()
    assert (answers["nine"]["subsequences"], answers["nine"]["cry"]) == ([True] * 5, True)
    assert (answers["quiet"]["subsequences"], answers["quiet"]["cry"]) == ([False] * 5, False)
    assert answers["half"]["subsequences"] == [False, False, False, True, True]
    assert answers["half"]["cry"] is False  # two of five


def test_other_rates_and_channels_are_heard(storage: Storage, function: Function, cry: np.ndarray) -> None:
    stereo = np.repeat(np.repeat(cry[: 3 * SAMPLE_RATE_HZ], 2)[:, None], 2, axis=1)
    storage.put(name("stereo"), flac(stereo, 2 * SAMPLE_RATE_HZ))
    function.send(storage.event(name("stereo")))
    assert storage.answers()["stereo"]["cry"] is True


def test_many_deliveries_at_once_write_one_answer(storage: Storage, function: Function, cry: np.ndarray) -> None:
    storage.put(name("twice"), flac(cry[: 3 * SAMPLE_RATE_HZ]))
    event = storage.event(name("twice"))
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(function.send(event))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert function.send(event) < 300  # and once more when all is over
    assert all(status < 300 for status in statuses)
    assert storage.answers()["twice"]["cry"] is True
    assert name("twice") not in storage.names()


def test_an_answer_that_is_there_stays_where_the_bucket_honours_preconditions(
    storage: Storage, function: Function, cry: np.ndarray
) -> None:
    if storage._kind == IGNORES_THEM:
        pytest.skip("this emulator ignores preconditions")
    storage.put("predictions/nursery/kept.json", b'{"first": true}', kind="application/json")
    storage.put(name("kept"), flac(cry[: 2 * SAMPLE_RATE_HZ]))
    assert function.send(storage.event(name("kept"))) < 300
    assert storage.answers()["kept"] == {"first": True}


@pytest.mark.parametrize(
    ("segment", "content", "metadata", "part"),
    [
        ("b1", b"no sound at all", {}, "cannot be decoded"),
        ("b2", flac(np.zeros(61 * SAMPLE_RATE_HZ)), {}, "longer than 60 s"),
        ("b2s", flac(np.zeros((50 * SAMPLE_RATE_HZ, 8), np.float32)), {}, "has 6400000 samples"),
        ("b3", flac(np.zeros(HOP)), {"start_s": "nan"}, "out of range"),
        ("b4", flac(np.zeros(HOP)), {"hops": "two"}, "must be numbers"),
        ("b5", flac(np.zeros(HOP)), {"hops": "9"}, "whole hops"),
        ("b6", flac(np.zeros(HOP)), {"segment": "other"}, "its metadata say segment 'other'"),
        ("b7", flac(np.zeros(HOP)), {"schema": "2"}, "its metadata say schema '2'"),
        ("b8", flac(NOISE)[:-300], {}, "lost sync"),
    ],
)
def test_what_cannot_be_read_is_answered_with_an_error(
    storage: Storage, function: Function, segment: str, content: bytes, metadata: dict[str, str], part: str
) -> None:
    storage.put(name(segment), content, metadata)
    assert function.send(storage.event(name(segment))) < 300  # not again
    assert part in storage.answers()[segment]["error"]
    assert name(segment) not in storage.names()


@pytest.mark.parametrize(
    "place", ["elsewhere/a.flac", "recordings/UPPER/a.flac", "recordings/a.flac", "recordings/a/b/c.flac"]
)
def test_what_is_not_ours_is_left_alone(storage: Storage, function: Function, place: str) -> None:
    storage.put(place, b"x")
    before = storage.names()
    assert function.send(storage.event(place)) < 300
    assert storage.names() == before


def test_an_old_event_is_given_up_and_its_sound_deleted(storage: Storage, function: Function, cry: np.ndarray) -> None:
    storage.put(name("old"), flac(cry[:SAMPLE_RATE_HZ]))
    assert function.send(storage.event(name("old")), age=timedelta(hours=1)) < 300
    assert "old" not in storage.answers()
    assert name("old") not in storage.names()


def test_a_recording_put_in_the_place_of_another_is_left_to_its_own_event(
    storage: Storage, function: Function, cry: np.ndarray
) -> None:
    storage.put(name("again"), flac(cry[:SAMPLE_RATE_HZ]))
    event = storage.event(name("again"))
    storage.bucket.blob(name("again")).delete()
    storage.put(name("again"), flac(cry[: 2 * SAMPLE_RATE_HZ]))
    if storage.event(name("again"))["generation"] == event["generation"] or storage._kind == IGNORES_THEM:
        pytest.skip("this emulator has no generations")
    assert function.send(event) < 300
    assert "again" not in storage.answers()
    assert name("again") in storage.names()
    assert function.send(storage.event(name("again"))) < 300
    assert storage.answers()["again"]["cry"] is True


def test_more_than_was_said_is_not_read(storage: Storage, function: Function, cry: np.ndarray) -> None:
    storage.put(name("more"), flac(cry[: 2 * SAMPLE_RATE_HZ]))
    assert function.send(storage.event(name("more")) | {"size": "1000"}) < 300
    assert storage.answers()["more"]["error"] == "it has more than 1000 bytes"


@pytest.fixture
def road(storage: Storage) -> Iterator[BadRoad]:
    """The way from a function to the bucket."""
    if storage._kind == IGNORES_THEM:
        pytest.skip("once is enough")
    with BadRoad(storage.url) as running:
        yield running


def test_what_was_damaged_on_its_way_is_fetched_again(storage: Storage, road: BadRoad, cry: np.ndarray) -> None:
    storage.put(name("damaged"), flac(cry[: 2 * SAMPLE_RATE_HZ]))
    event = storage.event(name("damaged"))
    with Function({"STORAGE_EMULATOR_HOST": road.url}) as function:
        road.trouble = Trouble("GET", change=lambda body: body[:-1] + bytes([body[-1] ^ 1]))
        assert function.send(event) >= 500
        assert "damaged" not in storage.answers()
        assert name("damaged") in storage.names()
        road.trouble = None
        assert function.send(event) < 300
    assert storage.answers()["damaged"]["cry"] is True


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_function_that_dies_in_the_middle_leaves_nothing_undone(
    method: str, storage: Storage, road: BadRoad, cry: np.ndarray
) -> None:
    segment = f"dies-{method}"
    storage.put(name(segment), flac(cry[: 2 * SAMPLE_RATE_HZ]))
    event = storage.event(name(segment))
    road.trouble = Trouble(method, delay_s=30)
    with Function({"STORAGE_EMULATOR_HOST": road.url}) as doomed:

        def deliver() -> None:
            with pytest.raises(requests.RequestException):
                doomed.send(event)

        call = threading.Thread(target=deliver)
        call.start()
        wait_until(lambda: method in [seen for seen, _ in road.seen], HANG_S, lambda: str(road.seen))
        doomed.kill()
        call.join()
    assert (segment in storage.answers()) == (method == "DELETE")
    assert name(segment) in storage.names()
    road.trouble = None
    with Function({"STORAGE_EMULATOR_HOST": road.url}) as next_one:
        assert next_one.send(event) < 300
    assert storage.answers()[segment]["cry"] is True
    assert name(segment) not in storage.names()


def test_notes_tell_nothing_of_the_sound(storage: Storage, cry: np.ndarray) -> None:
    with Function(storage.environment) as function:
        storage.put(name("noted", "the-blue-room"), flac(cry[:SAMPLE_RATE_HZ]))
        storage.put(name("unread", "the-blue-room"), b"private words", {"device": "the-blue-room"})
        for segment in ("noted", "unread"):
            assert function.send(storage.event(name(segment, "the-blue-room"))) < 300
        notes = [json.loads(line) for line in function.log().splitlines() if line.startswith("{")]
        assert [note["segment"] for note in notes] == ["noted", "unread"]
        assert all(note.keys() <= {"severity", "message", "segment", "error"} for note in notes)
        assert "blue" not in function.log()
        assert "private" not in function.log()


def test_a_bucket_in_trouble_is_tried_again() -> None:
    with Storage() as holder:
        environment = holder.environment
    with Function(environment) as function:  # the storage is gone
        data = {"bucket": "b", "name": name("x"), "size": "10", "contentType": "audio/flac"}
        assert function.send(data) >= 500
