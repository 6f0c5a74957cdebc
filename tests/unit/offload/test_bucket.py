"""The key to the bucket: where it comes from, and what is said of a bad one."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from babycryd.cli import doctor
from babycryd.config import Settings
from babycryd.offload.bucket import Bucket, BucketError
from babycryd.offload.settings import OffloadSettings


@pytest.mark.parametrize(
    "key", ["no JSON", "{}", "[]", '"x"', json.dumps({"type": "service_account", "client_email": "x@y"})]
)
def test_what_is_no_key_is_told_so_and_not_shown(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    with pytest.raises(BucketError, match=r"offload\.key_file is no service account's key") as refused:
        Bucket("our-bucket", key).get("predictions/nursery/x.json", 1.0)
    assert not refused.value.transient
    assert "client_email" not in str(refused.value)


def test_without_the_library_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.cloud.storage", None)
    with pytest.raises(BucketError, match=r"pip install 'babycryd\[cloud\]'"):
        Bucket("our-bucket", None).get("x", 1.0)


@pytest.mark.parametrize(
    ("status", "said", "good", "part"),
    [
        (404, "No such object: our-bucket/predictions/nursery/doctor.json", True, "our-bucket answers; that it may be"),
        (404, "The specified bucket does not exist.", False, "answers 404 (check offload.bucket)"),
        (403, "babycryd-pi does not have storage.objects.list access", None, "403: nothing is there to be read, or"),
        (401, "Invalid Credentials", False, "the key for the bucket is not accepted"),
    ],
)
def test_doctor_says_what_the_bucket_lets_it_know(
    status: int, said: str, *, good: bool | None, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Google(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *_: object) -> None:
            """It says nothing."""

    with HTTPServer(("127.0.0.1", 0), Google) as server:
        answering = threading.Thread(target=server.serve_forever)
        answering.start()
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{server.server_port}")
        result = doctor._bucket(Settings(offload=OffloadSettings(enabled=True, bucket="our-bucket")))
        server.shutdown()
        answering.join()
    assert result.good is good
    assert part in result.text
