"""The published description, and that the server keeps to it for every request."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from babycryd.web.openapi import openapi
from tests.support.live_page import page_daemon, set_password
from tests.support.serving import ServedDevice, serving

NOT_DESCRIBED = {
    "/api/events",
    "/api/rooms/events",
    "/listen.mp3",
}  # they have no end, which schemathesis would wait for
NOT_FUZZED = {"/api/restart", "/api/selftest"}  # the daemon would be away, or play for three seconds each time


def fuzz(url: str, folder: Path, *options: str) -> str:
    """What schemathesis says; fails where a response is not as described, or none comes."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", "--url", url, "--no-color"]
    checks = [
        "--checks",
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
    ]
    left_out = [part for path in sorted(NOT_DESCRIBED | NOT_FUZZED) for part in ("--exclude-path", path)]
    told = subprocess.run(
        [*command, *checks, *left_out, "--request-timeout", "60", "--suppress-health-check=too_slow", *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=os.environ | {"HYPOTHESIS_STORAGE_DIRECTORY": str(folder)},
    )
    assert told.returncode == 0, told.stdout[-8000:] + told.stderr[-2000:]
    return told.stdout


def requests_in(told: str) -> int:
    return int(re.findall(r"(\d+) generated", told)[-1])


async def test_every_path_is_described_and_none_else(tmp_path: Path) -> None:
    device = ServedDevice()
    async with serving(tmp_path, device=device):
        assert device.server is not None
        routes = {
            (route.method, route.resource.canonical)
            for route in device.server.application().router.routes()
            if route.resource is not None
        }
        shell = set(device.server._static_files.paths)
        served = {(method, path) for method, path in routes if method != "HEAD" and path not in shell}
        paths = openapi()["paths"]
        described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
        assert served == described
        assert (await device.ask("/openapi.json")).content == openapi()


def test_the_daemon_answers_every_request_as_described(tmp_path: Path) -> None:
    device = page_daemon(tmp_path, cries=False, after_s=600.0)
    with device.daemon() as daemon:
        told = fuzz(device.url.rstrip("/"), tmp_path, "--phases", "fuzzing", "--max-examples", "8")
        assert requests_in(told) > 100
        assert daemon.stop() == 0
    assert not [line for line in daemon.lines if "Traceback" in line or " ERROR " in line], "\n".join(daemon.lines)


@pytest.mark.slow
@pytest.mark.parametrize("locked", [False, True])
def test_ten_thousand_requests(locked: bool, tmp_path: Path) -> None:  # noqa: FBT001
    device = page_daemon(tmp_path, cries=False, after_s=3600.0)
    options = ["--max-examples", "1000"]  # by one worker: its threads break one another now and then
    if locked:
        set_password(device)
    with device.daemon() as daemon:
        told = fuzz(device.url.rstrip("/"), tmp_path, *options)
        assert requests_in(told) > (3_000 if locked else 10_000), told[-3000:]
        assert daemon.stop() == 0
    assert not [line for line in daemon.lines if "Traceback" in line or " ERROR " in line], "\n".join(daemon.lines)
