"""A service account's key at a token endpoint that looks at it as Google's does: its signature, and its time."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from google.auth import _helpers

from babycryd.offload.bucket import Bucket, BucketError
from tests.support.cloud import BUCKET, Function, Storage, cloud
from tests.support.offloading import at_work, piece

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_SKEW_S = 300  # that Google forgives


class Office(BaseHTTPRequestHandler):
    """Gives a token for a JWT that is signed with KEY, and of now."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        signed, _, signature = parse_qs(body)["assertion"][0].rpartition(".")
        KEY.public_key().verify(_decoded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        claims = json.loads(_decoded(signed.partition(".")[2]))
        if claims["iat"] - _SKEW_S < time.time() < claims["exp"] + _SKEW_S:
            self._answer(200, {"access_token": "a-token", "expires_in": 3600, "token_type": "Bearer"})
        else:
            why = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
            self._answer(400, {"error": "invalid_grant", "error_description": why})

    def _answer(self, status: int, told: dict[str, object]) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    def log_message(self, *_: object) -> None:
        """Nothing: the test looks at what comes of it."""


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def key(token_url: str) -> str:
    """The text of a key file."""
    pem = KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return json.dumps(
        {"type": "service_account", "client_email": "pi@p.iam", "private_key": pem, "token_uri": token_url}
    )


@pytest.fixture(scope="module")
def token_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Office)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/token"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Storage, Function]]:
    with cloud() as both:
        yield both


async def test_a_key_opens_the_bucket(
    running: tuple[Storage, Function], token_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", running[0].url)
    async with at_work(tmp_path, bucket=Bucket(BUCKET, key(token_url))) as harness:
        harness.offloader.take(piece())
        (entry,) = await harness.settled(1)
    assert entry.outcome == "answered", entry.error


@pytest.mark.parametrize("skew_s", [-2 * 3600.0, 2 * 3600.0])
async def test_a_clock_too_wrong_for_a_key_is_named(
    skew_s: float,
    running: tuple[Storage, Function],
    token_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def wrong() -> datetime:
        return datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=skew_s)

    monkeypatch.setattr(_helpers, "utcnow", wrong)
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", running[0].url)
    async with at_work(tmp_path, bucket=Bucket(BUCKET, key(token_url))) as harness:
        one = piece()
        harness.offloader.take(one)
        (entry,) = await harness.settled(1)
    assert harness.engine.here == [one.number]
    assert entry.error is not None
    assert "Invalid JWT" in entry.error
    assert entry.error.endswith("check offload.key_file, and this computer's clock")
    assert harness.offloader.trouble == entry.error
    assert "BEGIN" not in entry.error
    assert not entry.stored


def test_no_way_to_a_token_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
    with pytest.raises(BucketError, match="cannot be reached for a token") as told:
        Bucket(BUCKET, key("http://127.0.0.1:9/token")).get("predictions/nursery/x.json", 1.0)
    assert told.value.transient
