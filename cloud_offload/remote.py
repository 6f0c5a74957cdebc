"""Scoring at a prediction endpoint, as Vertex AI has them."""

import base64
import io
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import soundfile
from recording import Job, Samples, Unreadable

from babycryd.audio.format import SAMPLE_RATE_HZ

_TIMEOUT_S: Final = (3.0, 10.0)


def ask(url: str, job: Job, samples: Samples) -> dict[str, Any]:
    """Answer of the endpoint. Raises Unreadable where it refuses the recording, requests' errors otherwise."""
    job.times()  # wrong metadata are refused here already
    file = io.BytesIO()
    soundfile.write(file, samples, SAMPLE_RATE_HZ, format="FLAC")
    audio = base64.b64encode(file.getvalue()).decode()
    instance: dict[str, Any] = {"audio": {"b64": audio}, "segment": job.segment, "metadata": job.metadata}
    answer = requests.post(url, json={"instances": [instance]}, headers=_headers(url), timeout=_TIMEOUT_S)
    answer.raise_for_status()
    prediction: dict[str, Any] = answer.json()["predictions"][0]
    if "error" in prediction:
        raise Unreadable(str(prediction["error"])[:200])
    return prediction


def _headers(url: str) -> dict[str, str]:
    """A token for Google's own endpoints; none for others."""
    host = urlsplit(url).hostname or ""
    if not host.endswith(".googleapis.com"):
        return {}
    import google.auth
    import google.auth.transport.requests

    credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    credentials.refresh(google.auth.transport.requests.Request())  # type: ignore[no-untyped-call]
    return {"Authorization": f"Bearer {credentials.token}"}
