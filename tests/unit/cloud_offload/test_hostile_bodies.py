"""What is sent to the function and to the endpoint instead of an event or a recording costs them no memory."""

import base64
import contextlib
import http.client
import http.server
import io
import json
import resource
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import requests
import soundfile
from recording import job_of
from remote import ask
from request_body import check_structure

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.offload.upload import encode
from tests.support.cloud import BUCKET, Function, Storage
from tests.support.offloading import piece
from tests.support.patience import CLOCK_HANG_S
from tests.unit.cloud_offload.test_predict import endpoint, instance, predictions

MIB = 1 << 20
MOST_PEAK_MIB = 300  # of the 512 of an instance
SPARE_MIB = 400  # that a worker may ask for beyond what it has when idle
OBJECTS = b'{"instances": [' + b"{}," * 21_000_000 + b"{}]}"  # 63 MB, some 1.7 GB of Python objects
FEWER = b'{"instances": [' + b"{}," * 2_500_000 + b"{}]}"  # 7.5 MB
STRINGS = b'{"instances": [' + b'"",' * 2_500_000 + b'""]}'
DEEP = b'{"instances": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}"
UTF_16 = ('{"instances": ["Ģ",' + "{}," * 1_000_000 + '"Ģ"]}').encode("utf-16-le")  # U+0122 has a quote's byte
UNENDING = b'{"instances": ["' + b'\\"' * 3_000_000
BODIES = {
    "objects": OBJECTS,
    "fewer objects": FEWER,
    "strings": STRINGS,
    "nested": DEEP,
    "UTF-16": UTF_16,
    "unending string": UNENDING,
}


def workers(port: int) -> list[int]:
    """The processes that serve this port."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if f"127.0.0.1:{port}".encode() in words or f"--port={port}".encode() in words:
                found.append(int(folder.name))
    assert found
    return found


def status_kib(pid: int, key: str) -> int:
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(f"{key}:")]
    return int(line.split()[1])


@contextlib.contextmanager
def in_512_mib(port: int) -> Iterator[None]:
    """No process that serves this port may take much memory meanwhile; none may end."""
    pids = workers(port)
    for pid in pids:
        limit = status_kib(pid, "VmSize") * 1024 + SPARE_MIB * MIB
        resource.prlimit(pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    yield
    assert sorted(workers(port)) == sorted(pids)
    assert max(status_kib(pid, "VmHWM") for pid in pids) / 1024 < MOST_PEAK_MIB


def send(port: int, path: str, body: bytes, *, chunked: bool, headers: dict[str, str] | None = None) -> int:
    """The status of the answer, which may come, and the connection end, before all of the body is sent."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=CLOCK_HANG_S)
    connection.putrequest("POST", path)
    length = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(body)))
    for name, value in {**dict([length]), "Content-Type": "application/json", **(headers or {})}.items():
        connection.putheader(name, value)
    connection.endheaders()
    with contextlib.suppress(ConnectionError):
        for start in range(0, len(body), 1 << 16):
            part = body[start : start + (1 << 16)]
            connection.send(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)
        connection.send(b"0\r\n\r\n" if chunked else b"")
    try:
        return connection.getresponse().status
    except (ConnectionError, http.client.BadStatusLine):
        return 0  # closed on us
    finally:
        connection.close()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with endpoint() as running:
        yield running


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_the_endpoint_refuses_a_hostile_body_within_its_memory(url: str, body: bytes, *, chunked: bool) -> None:
    port = port_of(url)
    with in_512_mib(port):
        assert send(port, "/predict", body, chunked=chunked) in ({0, 413} if len(body) > 8_000_000 else {400})
        (good,) = predictions(url, instance(piece()))
    assert good["cry"] is True


def test_eight_hostile_bodies_at_once_fit_too(url: str) -> None:
    port = port_of(url)
    large = json.dumps({"instances": [{"audio": {"b64": "A" * 7_900_000}}]}).encode()
    statuses: list[int] = []
    bodies = [FEWER, large] * 4
    threads = [
        threading.Thread(target=lambda body=body: statuses.append(send(port, "/predict", body, chunked=False)))
        for body in bodies
    ]
    with in_512_mib(port):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(statuses) == [200] * 4 + [400] * 4


def test_a_recording_is_refused_by_its_coded_length_and_by_its_header(url: str) -> None:
    hour = io.BytesIO()
    soundfile.write(hour, np.zeros(3600 * SAMPLE_RATE_HZ, np.int16), SAMPLE_RATE_HZ, format="FLAC")
    claims = bytearray(encode(piece()))
    claims[21:26] = bytes([claims[21] | 0x0F, 0xFF, 0xFF, 0xFF, 0xFF])  # STREAMINFO: 2^36 - 1 samples
    au, adpcm = io.BytesIO(), io.BytesIO()
    soundfile.write(au, np.zeros(SAMPLE_RATE_HZ, np.int16), SAMPLE_RATE_HZ, format="AU")
    soundfile.write(adpcm, np.zeros(SAMPLE_RATE_HZ, np.int16), SAMPLE_RATE_HZ, format="WAV", subtype="IMA_ADPCM")
    contents = [bytes(4_000_010), hour.getvalue(), bytes(claims), au.getvalue(), adpcm.getvalue()]
    hostile = [{"audio": {"b64": base64.b64encode(content).decode()}} for content in contents]
    with in_512_mib(port_of(url)):
        *refused, good = predictions(url, *hostile, instance(piece()))
    parts = ("more than 4000000 bytes", "longer than 60 s", "longer than 60 s", *["neither FLAC nor WAV"] * 2)
    for told, part in zip(refused, parts, strict=True):
        assert part in told["error"]
    assert good["cry"] is True


EVENT = {
    "ce-id": "1",
    "ce-specversion": "1.0",
    "ce-type": "google.cloud.storage.object.v1.finalized",
    "ce-source": "//storage.googleapis.com/projects/_/buckets/b",
}


def test_the_function_refuses_a_hostile_body_within_its_memory() -> None:
    with Storage() as storage, Function(storage.environment) as function:
        with in_512_mib(function.port):
            for body in BODIES.values():
                for chunked in (False, True):
                    assert send(function.port, "/", body, chunked=chunked, headers=EVENT) in {0, 413}
            for body in (b'{"a": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", '{"a": 1}'.encode("utf-16")):
                assert send(function.port, "/", body, chunked=False, headers=EVENT) == 400
            storage.put("recordings/nursery/s1.flac", encode(piece()), {"hops": "5"})
            assert function.send(storage.event("recordings/nursery/s1.flac")) < 300
        assert storage.answers()["s1"]["cry"] is True


def test_an_event_of_another_bucket_is_left_alone_and_noted() -> None:
    with Storage() as storage, Function({**storage.environment, "BUCKET": "ours"}) as function:
        storage.put("recordings/nursery/s1.flac", encode(piece()))
        assert function.send(storage.event("recordings/nursery/s1.flac")) < 300
        assert storage.names() == ["recordings/nursery/s1.flac"]
        notes = [json.loads(line) for line in function.log().splitlines() if line.startswith("{")]
        left = {"severity": "WARNING", "message": "an event of another bucket; left alone", "bucket": BUCKET}
        assert notes == [left]


def test_an_event_of_its_own_bucket_is_answered() -> None:
    with Storage() as storage, Function({**storage.environment, "BUCKET": BUCKET}) as function:
        storage.put("recordings/nursery/s1.flac", encode(piece()))
        assert function.send(storage.event("recordings/nursery/s1.flac")) < 300
        assert "s1" in storage.answers()


@contextlib.contextmanager
def answering(body: bytes, length: int | None = None) -> Iterator[str]:
    """An endpoint with this answer, and this Content-Length; yields its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))  # closing with it unread would reset the connection
            self.send_response(200)
            if length is not None:
                self.send_header("Content-Length", str(length))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(body)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def ask_about_a_second(address: str) -> None:
    job = job_of({"bucket": "b", "name": "recordings/nursery/s1.flac"})
    assert job is not None
    ask(address, job, np.zeros(SAMPLE_RATE_HZ, np.float32))


@pytest.mark.parametrize("answer", [OBJECTS, DEEP, b'{"predictions": [' + b"1," * 100_000 + b"1]}"])
def test_an_endless_answer_of_an_endpoint_is_not_parsed(answer: bytes) -> None:
    with answering(answer) as address:
        tracemalloc.start()
        try:
            with pytest.raises(ValueError, match=r"more than|nested"):
                ask_about_a_second(address)
            assert tracemalloc.get_traced_memory()[1] < 10 * MIB
        finally:
            tracemalloc.stop()


def test_an_answer_that_breaks_off_is_an_error_of_the_endpoint() -> None:
    with answering(b'{"predictions": [', length=1000) as address, pytest.raises(requests.RequestException):
        ask_about_a_second(address)


def test_a_piece_of_the_daemon_is_far_below_every_limit(url: str) -> None:
    body = json.dumps({"instances": [instance(piece())] * 16}).encode()
    assert len(body) < 8_000_000
    check_structure(body)
    assert len(requests.post(f"{url}/predict", data=body, timeout=CLOCK_HANG_S).json()["predictions"]) == 16
