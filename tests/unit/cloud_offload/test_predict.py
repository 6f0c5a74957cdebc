"""The prediction endpoint, in gunicorn as the container runs it; and the function that asks it."""

import base64
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.detect.scoring import Piece
from babycryd.offload.upload import encode
from tests.support.cloud import ROOT, Function, Storage, answers_at
from tests.support.offloading import piece
from tests.support.patience import CLOCK_HANG_S, HANG_S, exit_code, wait_until
from tests.support.ports import free_port


@contextmanager
def endpoint(environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Its address."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--chdir", str(ROOT / "cloud_offload"), "--bind", f"127.0.0.1:{port}"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    with tempfile.TemporaryFile() as log:
        options = ["--workers", "1", "--threads", "8", "predict:app"]
        process = subprocess.Popen([*command, *options], env=env, stdout=log, stderr=log)
        try:
            wait_until(lambda: answers_at(f"http://127.0.0.1:{port}/health"), 20, lambda: "no endpoint")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            exit_code(process, HANG_S)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with endpoint() as running:
        yield running


def instance(one: Piece, **fields: object) -> dict[str, Any]:
    audio = {"b64": base64.b64encode(encode(one)).decode()}
    return {"audio": audio, "segment": "s1", "metadata": {"start_s": "100.0", "hops": "5"}, **fields}


def predictions(url: str, *instances: object) -> list[dict[str, Any]]:
    asked: Any = {"instances": list(instances)}
    answer = requests.post(f"{url}/predict", json=asked, timeout=CLOCK_HANG_S)
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = answer.json()["predictions"]
    return told


def test_it_is_healthy_with_its_model(url: str) -> None:
    assert len(requests.get(f"{url}/health", timeout=CLOCK_HANG_S).json()["model_sha256"]) == 64


def test_every_instance_gets_its_prediction_in_order(url: str) -> None:
    silence = Piece(1, np.zeros(14 * HOP, np.float32), 5, 0.0, 0.0)
    cry, quiet, plain = predictions(
        url, instance(piece()), instance(silence, segment="s2"), {"audio": instance(piece())["audio"]}
    )
    assert (cry["segment"], cry["cry"], len(cry["windows"])) == ("s1", True, 5)
    assert (quiet["segment"], quiet["cry"]) == ("s2", False)
    assert len(plain["windows"]) == 14 - 3  # all there are, but for those with too little before them
    assert cry["windows"][0]["at_s"] == pytest.approx(100 + 10 * HOP / SAMPLE_RATE_HZ)


@pytest.mark.parametrize(
    ("hostile", "part"),
    [
        (7, "must be an object"),
        ({}, "its audio must be"),
        ({"audio": "x"}, "its audio must be"),
        ({"audio": {"b64": "%%%"}}, "its audio must be"),
        ({"audio": {"b64": "AAAA"}}, "cannot be decoded"),
        ({"audio": {"b64": "AAAA"}, "segment": "../x"}, "its segment must be"),
        ({"audio": {"b64": "AAAA"}, "metadata": 7}, "its metadata must be"),
    ],
)
def test_one_bad_instance_spoils_no_other(url: str, hostile: object, part: str) -> None:
    bad, good = predictions(url, hostile, instance(piece()))
    assert part in bad["error"]
    assert good["cry"] is True


@pytest.mark.parametrize("body", [b"", b"[]", b'{"instances": 7}', b"\xff", b'{"instances": [' + b"0," * 17 + b"0]}"])
def test_what_is_no_request_is_told_so(url: str, body: bytes) -> None:
    answer = requests.post(
        f"{url}/predict", data=body, headers={"content-type": "application/json"}, timeout=CLOCK_HANG_S
    )
    assert answer.status_code == 400
    assert "instances" in answer.json()["error"]


def test_the_function_can_ask_it_instead(url: str) -> None:
    one = piece()
    with Storage() as storage, Function({**storage.environment, "PREDICT_URL": f"{url}/predict"}) as function:
        metadata = {"device": "nursery", "segment": "s1", "start_s": "100.0", "hops": "5"}
        storage.put("recordings/nursery/s1.flac", encode(one), metadata)
        assert function.send(storage.event("recordings/nursery/s1.flac")) < 300
        answer = storage.answers()["s1"]
        assert (answer["cry"], len(answer["windows"])) == (True, 5)
        storage.put("recordings/nursery/s2.flac", b"nothing")
        assert function.send(storage.event("recordings/nursery/s2.flac")) < 300
        assert "cannot be decoded" in storage.answers()["s2"]["error"]


def test_an_endpoint_that_is_away_is_asked_again_later() -> None:
    with Storage() as storage:
        environment = {**storage.environment, "PREDICT_URL": f"http://127.0.0.1:{free_port()}/predict"}
        with Function(environment) as function:
            storage.put("recordings/nursery/s1.flac", encode(piece()))
            assert function.send(storage.event("recordings/nursery/s1.flac")) >= 500
            assert storage.names() == ["recordings/nursery/s1.flac"]


def test_a_model_in_a_bucket_is_used_if_its_checksum_is_right(tmp_path: Path) -> None:
    model = (resources.files("babycryd.detect") / "models" / "cry.tflite").read_bytes()
    right = hashlib.sha256(model).hexdigest()
    with Storage() as storage:
        storage.put("models/other.tflite", model, kind="application/octet-stream")
        storage.put("recordings/nursery/s1.flac", encode(piece()))
        named = {**storage.environment, "MODEL_URI": "gs://nursery-test/models/other.tflite"}
        with Function({**named, "MODEL_SHA256": "0" * 64}) as function:
            assert function.send(storage.event("recordings/nursery/s1.flac")) >= 500
            assert "checksum" in function.log()
        with Function({**named, "MODEL_SHA256": right}) as function:
            assert function.send(storage.event("recordings/nursery/s1.flac")) < 300
        assert storage.answers()["s1"]["model_sha256"] == right
