"""Scoring at a prediction endpoint, as Vertex AI has them."""

import base64
import io
import json
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import soundfile
from recording import Job, Samples, Unreadable
from request_body import check_structure

from babycryd.audio.format import SAMPLE_RATE_HZ

_TIMEOUT_S: Final = (3.0, 10.0)
_MOST_ANSWER_BYTES: Final = 1_000_000  # of a minute it has some 70 kB


def ask(url: str, job: Job, samples: Samples) -> dict[str, Any]:
    """Answer of the endpoint. Raises Unreadable where it refuses the recording, else requests' errors, ValueError."""
    job.times()  # wrong metadata are refused here already
    file = io.BytesIO()
    soundfile.write(file, samples, SAMPLE_RATE_HZ, format="FLAC")
    audio = base64.b64encode(file.getvalue()).decode()
    instance: dict[str, Any] = {"audio": {"b64": audio}, "segment": job.segment, "metadata": job.metadata}
    asked = {"instances": [instance]}
    with requests.post(url, json=asked, headers=_headers(url), timeout=_TIMEOUT_S, stream=True) as answer:
        answer.raise_for_status()
        content = _content_of(answer)
    check_structure(content)
    prediction: dict[str, Any] = json.loads(content)["predictions"][0]
    if "error" in prediction:
        raise Unreadable(str(prediction["error"])[:200])
    return prediction


def _content_of(answer: requests.Response) -> bytes:
    """Read the body of an answer. Raises ValueError where it is too long, else requests' errors."""
    content = bytearray()
    for part in answer.iter_content(1 << 16):  # unlike `raw.read` it raises requests' errors, not urllib3's
        content += part
        if len(content) > _MOST_ANSWER_BYTES:
            raise ValueError(f"the endpoint's answer has more than {_MOST_ANSWER_BYTES} bytes")
    return bytes(content)


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
