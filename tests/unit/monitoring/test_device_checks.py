"""What `doctor` opens: each failure is one line with its remedy, and the disk is judged as the page judges it."""

import ctypes
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from babycryd.capture import network
from babycryd.capture.chosen_source import no_password
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.source import Chunk
from babycryd.core.check_result import CheckResult
from babycryd.echo.speexdsp import PACKAGE
from babycryd.monitoring import device_checks as device_checks_module
from babycryd.monitoring import isolated_checks
from babycryd.monitoring.checks import LEAST_FREE_MB, ServiceChecks
from babycryd.monitoring.device_checks import CheckedSettings, device_checks
from babycryd.monitoring.isolated_checks import judged
from babycryd.monitoring.network_check import network_microphone
from babycryd.mqtt.settings import MqttSettings
from babycryd.offload.settings import OffloadSettings
from tests.support.lullabies import song_folder
from tests.support.patience import CLOCK_HANG_S, HANG_S
from tests.support.stream_server import Page, serving, sound_file


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CheckedSettings:
    """A recording that does not exist, a silent speaker, no broker, no bucket."""
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    monkeypatch.setattr(device_checks_module, "_DEVICE_LIMIT_S", CLOCK_HANG_S)  # at a load of 22 a process took ten
    capture = CaptureSettings(source="recording", file=str(tmp_path / "gone.wav"))
    none = lambda: None  # noqa: E731
    return CheckedSettings(
        "nursery", tmp_path, "", None, True, capture, MqttSettings(), OffloadSettings(), none, none
    )  # as the others


@pytest.fixture
def devices_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of the other checks: those that take a process of their own each are good at once."""

    async def well(name: str, *_: object, limit_s: float) -> dict[str, object]:
        return {"what": name.partition(":")[2], "good": True, "text": ""}

    monkeypatch.setattr(device_checks_module, "call_isolated", well)


async def results_of(settings: CheckedSettings) -> dict[str, CheckResult]:
    return {result.what: result async for result in device_checks(settings)}


async def test_a_check_that_fails_does_not_stop_the_next(settings: CheckedSettings) -> None:
    results = await results_of(settings)
    assert list(results) == ["microphone", "speaker", "lullabies", "echo", "model", "disk", "broker", "bucket"]
    assert results["microphone"].good is False
    assert "gone.wav" in results["microphone"].text
    assert (results["model"].good, results["broker"].good, results["bucket"].good) == (True, None, None)


@pytest.mark.parametrize("lullaby", [True, False])
async def test_a_speaker_that_no_cry_needs_is_not_bad(
    settings: CheckedSettings, monkeypatch: pytest.MonkeyPatch, *, lullaby: bool
) -> None:
    async def broken(name: str, *_: object, limit_s: float) -> dict[str, object]:
        return {"what": name.partition(":")[2], "good": False, "text": "there is none"}

    monkeypatch.setattr(device_checks_module, "call_isolated", broken)
    results = await results_of(replace(settings, lullaby=lullaby, songs=str(settings.folder / "no-songs")))
    assert results["microphone"].good is results["model"].good is False
    for what in ("speaker", "lullabies", "echo"):
        assert results[what].good is (False if lullaby else None)
    assert results["speaker"].text.endswith("there is none")
    assert results["speaker"].text.startswith("lullaby.enabled is false") is not lullaby


@pytest.mark.usefixtures("devices_well")
async def test_a_network_microphone_is_listened_to(settings: CheckedSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "OPENING_LIMIT_S", HANG_S)
    sound = (0.01 * np.random.default_rng(1).standard_normal(8 * 16_000)).astype(np.float32)
    async with serving({"/": Page(sound_file(sound, 16_000))}) as server:
        capture = CaptureSettings(url=f"http://127.0.0.1:{server.port}/")
        good = await network_microphone(capture, no_password)
    assert good.good
    assert "-40 dBFS now; the stream began after" in good.text
    gone = (await results_of(replace(settings, capture=capture)))["microphone"]
    assert not gone.good
    assert "refuses the connection" in gone.text


@pytest.mark.usefixtures("devices_well")
async def test_echo_cancellation_is_good_off_or_without_its_library_and_never_bad(
    settings: CheckedSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = (await results_of(replace(settings, echo=False)))["echo"]
    assert (off.good, "echo.enabled is false" in off.text) == (None, True)

    def missing(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", missing)
    without = isolated_checks.echo()
    assert without["good"] is None
    assert f"sudo apt install {PACKAGE}" in without["text"]


async def test_each_song_that_cannot_be_played_has_a_line(settings: CheckedSettings, tmp_path: Path) -> None:
    songs = str(song_folder(tmp_path / "songs"))
    results = [each async for each in device_checks(replace(settings, songs=songs)) if each.what == "lullabies"]
    assert [result.good for result in results] == [False] * 5
    assert all(f"{songs}/" in result.text for result in results)


@pytest.mark.parametrize(
    ("library", "check", "code", "reason"),
    [
        ("pygame", "speaker", "import os; os.abort()", "crashed with SIGABRT"),
        ("pygame", "speaker", "import ctypes; ctypes.string_at(0)", "crashed with SIGSEGV"),
        ("pygame", "speaker", "raise RuntimeError('a\\x1b\\nb')", "RuntimeError: a� b"),
        ("soundfile", "microphone", "import os; os.abort()", "crashed with SIGABRT"),
        ("ai_edge_litert", "model", "import signal; signal.raise_signal(4)", "crashed with SIGILL"),
    ],
)
async def test_a_library_that_crashes_ends_its_own_check_only(
    settings: CheckedSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    library: str,
    check: str,
    code: str,
    reason: str,
) -> None:
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / f"{library}.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path / "planted"))
    (tmp_path / "gone.wav").write_bytes(b"RIFF")
    results = await results_of(settings)
    assert list(results) == ["microphone", "speaker", "lullabies", "echo", "model", "disk", "broker", "bucket"]
    assert results[check] == CheckResult(check, good=False, text=f"the check itself failed ({reason})")
    assert results["disk"].good


@pytest.mark.usefixtures("devices_well")
@pytest.mark.parametrize("check", ["disk", "broker", "bucket"])
async def test_a_check_that_raises_is_one_line_and_the_others_follow(
    settings: CheckedSettings, monkeypatch: pytest.MonkeyPatch, check: str
) -> None:
    def fail(*_: object) -> None:
        raise LookupError

    monkeypatch.setattr(device_checks_module, "_write_trouble" if check == "disk" else f"_{check}", fail)
    results = await results_of(settings)
    assert list(results) == ["microphone", "speaker", "lullabies", "echo", "model", "disk", "broker", "bucket"]
    assert results[check] == CheckResult(check, good=False, text="the check itself failed (LookupError)")


def test_doctor_shows_the_level_without_offset_and_channels_that_cancel() -> None:
    samples = (0.3 + np.random.default_rng(0).normal(0, 1e-3, 24_000)).astype(np.float32)
    assert judged("mic", [Chunk(samples)]) == CheckResult("microphone", good=True, text="mic: -60 dBFS now")
    text = "mic: -60 dBFS now; its channels cancel each other in their mean, so channel 2 is taken alone"
    assert judged("mic", [Chunk(samples, taken_alone=2)]) == CheckResult("microphone", good=True, text=text)
    assert judged("mic", []).good is False


@pytest.mark.usefixtures("devices_well")
@pytest.mark.parametrize("free_mb", [LEAST_FREE_MB - 1, LEAST_FREE_MB])
async def test_doctor_and_page_judge_the_disk_alike(
    settings: CheckedSettings, free_mb: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free_mb * 10**6))
    page = ServiceChecks(None, None, None, lambda: None, settings.folder)()[3]
    assert (await results_of(settings))["disk"] == page
    assert page.good is (free_mb == LEAST_FREE_MB)


@pytest.mark.usefixtures("devices_well")
async def test_a_secret_that_cannot_be_read_is_told(settings: CheckedSettings) -> None:
    def unreadable() -> str | None:
        raise ValueError("/etc/key cannot be read")

    mqtt, offload = MqttSettings(host="127.0.0.1"), OffloadSettings(enabled=True, bucket="cries")
    closed = replace(settings, mqtt=mqtt, offload=offload, mqtt_password=unreadable, offload_key=unreadable)
    results = await results_of(closed)
    assert results["broker: password"] == CheckResult("broker: password", good=False, text="/etc/key cannot be read")
    assert results["bucket"] == CheckResult("bucket", good=False, text="/etc/key cannot be read")


@pytest.mark.usefixtures("devices_well")
@pytest.mark.parametrize(
    ("status", "said", "good", "part"),
    [
        (404, "No such object: our-bucket/predictions/nursery/doctor.json", True, "our-bucket answers; only an upload"),
        (404, "The specified bucket does not exist.", False, "answers 404 (check offload.bucket)"),
        (
            403,
            "babycryd-pi does not have storage.objects.list access",
            None,
            "403: the object does not exist, or",
        ),
        (401, "Invalid Credentials", False, "the key for the bucket is not accepted"),
    ],
)
async def test_doctor_says_what_the_bucket_lets_it_know(
    settings: CheckedSettings, status: int, said: str, *, good: bool | None, part: str, monkeypatch: pytest.MonkeyPatch
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
        wanted = replace(settings, offload=OffloadSettings(enabled=True, bucket="our-bucket"))
        result = (await results_of(wanted))["bucket"]
        server.shutdown()
        answering.join()
    assert result.good is good
    assert part in result.text


@pytest.mark.usefixtures("devices_well")
async def test_a_folder_that_cannot_be_written_has_its_remedy(settings: CheckedSettings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    disk = (await results_of(replace(settings, folder=tmp_path / "file" / "state")))["disk"]
    assert disk.good is False
    assert "set state_dir" in disk.text


def test_a_page_names_the_remedy_for_a_folder_that_is_not_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse: Callable[[Path, int], bool] = lambda _path, _mode: False  # noqa: E731
    monkeypatch.setattr(os, "access", refuse)
    disk = ServiceChecks(None, None, None, lambda: None, tmp_path)()[3]
    assert disk.good is False
    assert "cannot be written (Permission denied): run this as the daemon's user" in disk.text
