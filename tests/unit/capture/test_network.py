"""Network microphones, against real servers on this computer: real ffmpeg, HTTP, TCP and UDP."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from babycryd.audio.block import BLOCK
from babycryd.capture import network
from babycryd.capture.chosen_source import source_of
from babycryd.capture.ffmpeg_process import NO_FFMPEG
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.source import CaptureError, Source
from babycryd.system.tls import server_context
from tests.support.broker import make_certificates
from tests.support.patience import CLOCK_HANG_S, HANG_S, patient, until
from tests.support.planted_secrets import PLANTED
from tests.support.ports import free_port
from tests.support.stream_server import Page, serving, serving_bytes, sound_file

RATE_HZ = 16_000
NOISE = (0.1 * np.random.default_rng(3).standard_normal(8 * RATE_HZ)).astype(np.float32)
SAMPLES = np.round(NOISE * 32_767).astype(np.int16)
LEAVES_IT = """
import asyncio
from babycryd.capture.ffmpeg_process import FfmpegProcess
from babycryd.system import isolated_call

async def main():
    ffmpeg = await FfmpegProcess.start("http://127.0.0.1/")
    await ffmpeg.close()
    return ffmpeg._process.pid

isolated_call.kill_process = lambda _: None
print(asyncio.run(main()))
"""


@pytest.fixture(autouse=True)
def patient_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes seconds to start ffmpeg."""
    monkeypatch.setattr(network, "OPENING_LIMIT_S", HANG_S)


@asynccontextmanager
async def opened(settings: CaptureSettings, password: str | None = None) -> Any:
    """The source, open; closed in the end."""
    source = source_of(settings, lambda: password)
    try:
        async with patient():
            await source.open()
        yield source
    finally:
        await source.close(HANG_S)


async def heard(source: Source, samples: int) -> np.ndarray:
    """The next samples; fails where they do not come."""
    chunks: list[Any] = []
    async with patient():
        while sum(len(each.samples) for each in chunks) < samples:
            chunks += await source.read(0.25)
    return np.concatenate([each.samples for each in chunks])


async def why(settings: CaptureSettings, password: str | None = None) -> str:
    """The reason why the source does not open."""
    with pytest.raises(CaptureError) as refused:
        async with opened(settings, password):
            pass
    return str(refused.value)


def children() -> set[int]:
    """Processes of this one, also those that have ended and were not waited for."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # the thread has ended
            found.update(int(child) for child in (task / "children").read_text().split())
    return found


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def words_of(processes: Sequence[int]) -> bytes:
    return b"".join(
        (Path("/proc", str(each)) / name).read_bytes() for each in processes for name in ("cmdline", "environ")
    )


async def test_a_stereo_stream_behind_a_login_is_heard_and_its_password_is_nowhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    stereo = np.repeat(NOISE[:, np.newaxis], 2, axis=1)
    password = f"{PLANTED.web_password}@/:'%"
    before = children()
    async with serving({"/cam?a=b": Page(sound_file(stereo, RATE_HZ))}, f"anna b:{password}") as server:
        url = f"http://127.0.0.1:{server.port}/cam?a=b"
        async with opened(CaptureSettings(url=url, username="anna b"), password) as source:
            sound = await heard(source, RATE_HZ)
            ffmpegs = sorted(children() - before)
            assert len(ffmpegs) == 1
            assert PLANTED.web_password.encode() not in words_of(ffmpegs)
            assert b"anna" not in words_of(ffmpegs)
        await until(lambda: not children() - before)
    assert source.name == f"http://127.0.0.1:{server.port}/…"
    begin = int(np.correlate(NOISE, sound[:1_000]).argmax())  # ffmpeg drops what it needs to know the stream
    assert np.abs(sound[:RATE_HZ] - NOISE[begin : begin + RATE_HZ]).max() < 2 / 32_768
    assert PLANTED.web_password not in caplog.text


async def test_another_rate_is_converted() -> None:
    async with (
        serving({"/": Page(sound_file(NOISE, 8_000, "WAV"))}) as server,
        opened(CaptureSettings(url=f"http://127.0.0.1:{server.port}/")) as source,
    ):
        assert len(await heard(source, 12 * RATE_HZ)) >= 12 * RATE_HZ


async def test_an_encrypted_stream_is_heard_though_its_server_signed_its_certificate_itself(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    tls = server_context("web", tmp_path / "server.pem", tmp_path / "server.key")
    async with (
        serving({"/": Page(sound_file(NOISE, RATE_HZ, "WAV"))}, tls=tls) as server,
        opened(CaptureSettings(url=f"https://127.0.0.1:{server.port}/")) as source,
    ):
        assert len(await heard(source, RATE_HZ)) >= RATE_HZ


@pytest.fixture(scope="module")
def picture() -> bytes:
    """A film without sound."""
    command = ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "color=s=16x16:r=5:d=1", "-f", "matroska", "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (Page(status="401 Unauthorized\r\nWWW-Authenticate: Basic realm=cam", ends=True), "refuses the login"),
        (Page(status="403 Forbidden", ends=True), "refuses the login"),
        (Page(status="404 Not Found", ends=True), "knows no such stream"),
        (Page(status="503 Service Unavailable", ends=True), "is not ready"),
        (Page(b"<html>no sound here</html>", ends=True), "sends nothing that ffmpeg can read"),
        (Page(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", ends=True), "sends"),
        (Page(b"ffconcat version 1.0\nfile other\n", ends=True), "sends"),
        (Page(ends=True), "sends nothing that ffmpeg can read"),
    ],
)
async def test_each_fault_of_a_camera_is_told(page: Page, reason: str) -> None:
    async with serving({"/x": page}) as server:
        url = f"http://127.0.0.1:{server.port}/x"
        told = await why(CaptureSettings(url=url, username="anna"), PLANTED.web_password)
    assert set(server.paths) == {"/x"}  # nothing that a playlist names
    assert told.startswith(f"http://127.0.0.1:{server.port}/… {reason}")
    assert PLANTED.web_password not in told


async def test_a_film_without_sound_is_told(picture: bytes) -> None:
    async with serving({"/": Page(picture, ends=True)}) as server:
        assert "has no sound track" in await why(CaptureSettings(url=f"http://127.0.0.1:{server.port}/"))


@pytest.mark.parametrize("scheme", ["rtsp", "http", "tcp"])
async def test_a_camera_that_is_off_is_told(scheme: str) -> None:
    assert "refuses the connection" in await why(CaptureSettings(url=f"{scheme}://127.0.0.1:{free_port()}/"))


@pytest.mark.parametrize("scheme", ["http", "udp"])
async def test_a_camera_that_never_answers_is_told_in_time(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "OPENING_LIMIT_S", 0.5)
    async with serving_bytes(b"") as silent:
        port = silent if scheme == "http" else free_port()
        told = await why(CaptureSettings(url=f"{scheme}://127.0.0.1:{port}/"))
    assert ("does not answer" if scheme == "http" else f"nothing comes to port {port}") in told


async def test_without_ffmpeg_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert await why(CaptureSettings(url="rtsp://127.0.0.1/")) == NO_FFMPEG


async def test_a_password_that_cannot_be_read_is_told() -> None:
    def unreadable() -> str:
        raise ValueError("pw: no such file")

    source = source_of(CaptureSettings(url="rtsp://127.0.0.1/"), unreadable)
    with pytest.raises(CaptureError, match=r"password of rtsp://127\.0\.0\.1 cannot be read: pw: no such file"):
        await source.open()


async def test_a_stream_that_ends_is_told_and_opens_again_and_nothing_is_left() -> None:
    before, files = children(), open_files()
    async with serving({"/": Page(sound_file(NOISE, RATE_HZ))}) as server:
        source = source_of(CaptureSettings(url=f"http://127.0.0.1:{server.port}/"), lambda: None)
        for _ in range(5):
            async with patient():
                await source.open()
                await heard(source, RATE_HZ)
                server.hang_up()
                with pytest.raises(CaptureError, match="has ended the stream"):
                    await heard(source, 100 * RATE_HZ)
            await source.close(HANG_S)
            await source.close(HANG_S)
        assert len(server.paths) == 5
    await until(lambda: not children() - before)
    await until(lambda: open_files() <= files)


@pytest.mark.parametrize("steps", [1, 2, 5, 20, 200])
async def test_an_opening_that_is_cancelled_leaves_nothing(steps: int) -> None:
    before, files = children(), open_files()
    async with serving({}) as server:
        source = source_of(CaptureSettings(url=f"http://127.0.0.1:{server.port}/"), lambda: None)
        opening = asyncio.ensure_future(source.open())
        for _ in range(steps):  # of the loop
            await asyncio.sleep(0)
        opening.cancel()
        await asyncio.wait([opening])
        await source.close(HANG_S)
    await until(lambda: not children() - before)
    await until(lambda: open_files() <= files)


async def test_raw_samples_over_tcp() -> None:
    async with (
        serving_bytes(SAMPLES.astype("<i2").tobytes()) as port,
        opened(CaptureSettings(url=f"tcp://127.0.0.1:{port}")) as source,
    ):
        sound = await heard(source, RATE_HZ)
    assert np.array_equal(sound[:RATE_HZ], SAMPLES[:RATE_HZ].astype(np.float32) / 32_768)
    assert len(sound) % BLOCK == 0


def test_an_ffmpeg_that_no_signal_ends_holds_nothing_up(tmp_path: Path) -> None:
    """As one that the kernel holds in a network that hangs; the signal is kept from it here."""
    (tmp_path / "ffmpeg").write_text("#!/bin/sh\nexec sleep 1000\n")
    (tmp_path / "ffmpeg").chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    command, env = [sys.executable, "-c", LEAVES_IT], {**os.environ, "PATH": path}
    done = subprocess.run(command, env=env, timeout=CLOCK_HANG_S, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    os.kill(int(done.stdout), signal.SIGKILL)
    assert f"process {int(done.stdout)} was killed and has not ended".encode() in done.stderr
