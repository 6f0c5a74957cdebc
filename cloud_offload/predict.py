"""Prediction container for Vertex AI with the same scoring: `POST /predict` with `instances`, `GET /health`.

    gunicorn --chdir cloud_offload predict:app          (the Dockerfile does it)

An instance is {"audio": {"b64": "<FLAC or WAV>"}, "segment": "…", "metadata": {"start_s": "…", "hops": "…"}}, of which
only the audio is needed; its prediction is the answer that the bucket would get, or {"error": …}.
"""

import base64
import binascii
import json
import os
import threading
from dataclasses import replace
from typing import Any, Final

import flask
from model import classifier, second_opinion
from recording import LARGEST_BYTES, Job, Unreadable, error_answer, job_of, sound_of
from request_body import TooComplex, check_structure, read_body
from scoring import answer_of

_MOST_INSTANCES: Final = 16
_MOST_BODY_BYTES: Final = 8_000_000  # a piece has 140 kB in base64, the largest recording 5.4 MB
_LONGEST_CODED: Final = 4 * -(-LARGEST_BYTES // 3)  # characters of base64

app = flask.Flask("babycryd")
_one_at_a_time = threading.Lock()  # what is parsed and decoded takes several times its bytes


@app.get(os.environ.get("AIP_HEALTH_ROUTE", "/health"))
def health() -> dict[str, str]:
    """200 once the model is loaded."""
    return {"model_sha256": classifier().sha256}


@app.post(os.environ.get("AIP_PREDICT_ROUTE", "/predict"))
def predict() -> Any:
    """One prediction for each instance, in their order; 413 for a body of too many bytes, also in chunks."""
    body = read_body(_MOST_BODY_BYTES)
    with _one_at_a_time:
        try:
            instances = _instances(body)
        except ValueError as error:
            wanted = f'expected {{"instances": […]}} in JSON, {_MOST_INSTANCES} of them at most'
            return {"error": f"{wanted}: {error}" if isinstance(error, TooComplex) else wanted}, 400
        return {"predictions": [_prediction(each) for each in instances]}


def _instances(body: bytes) -> list[Any]:
    """Raises ValueError."""
    check_structure(body)
    told = json.loads(body.decode())
    instances = told.get("instances") if isinstance(told, dict) else None
    if not isinstance(instances, list) or len(instances) > _MOST_INSTANCES:
        raise ValueError("no list of instances, or too long a one")
    return instances


def _prediction(instance: object) -> dict[str, Any]:
    job: Job | None = None
    try:
        fields = _object(instance, "an instance")
        job = _job(fields)
        return answer_of(job, sound_of(_audio(fields)), classifier(), second_opinion())
    except Unreadable as error:
        return error_answer(job, str(error)) if job else {"error": str(error)}


def _object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable(f"{what} must be an object")
    return value


def _job(fields: dict[str, Any]) -> Job:
    job = job_of({"bucket": "-", "name": f"recordings/-/{fields.get('segment', 'segment')}.flac"})
    if job is None:
        raise Unreadable("its segment must be up to 80 letters, digits, _ and -")
    metadata = _object(fields.get("metadata") or {}, "its metadata")
    return replace(job, metadata={key: metadata[key] for key in ("start_s", "hops") if key in metadata})


def _audio(instance: dict[str, Any]) -> bytes:
    audio = instance.get("audio")
    coded = audio.get("b64") if isinstance(audio, dict) else None
    if isinstance(coded, str) and len(coded) > _LONGEST_CODED:
        raise Unreadable(f"its audio has more than {LARGEST_BYTES} bytes")
    try:
        content = base64.b64decode(coded or "", validate=True)
    except (TypeError, ValueError, binascii.Error):
        content = b""
    if not content:
        raise Unreadable('its audio must be {"b64": "…"}')
    return content
