"""The container's files: what the Dockerfile promises, and the health check."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from babycryd.web.settings import WebSettings

ROOT = Path(__file__).parents[3]
CONTAINER = ROOT / "packaging" / "container"
DOCKERFILE = (CONTAINER / "Dockerfile").read_text()
APP = (ROOT / "packaging" / "home-assistant" / "Dockerfile").read_text()
HEALTHY = CONTAINER / "healthy"
PORT = WebSettings().port


def test_the_daemon_has_no_rights_and_is_examined() -> None:
    last_stage = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    assert "\nUSER babycryd\n" in last_stage
    assert 'HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["babycryd-healthy"]' in last_stage
    assert f"\nEXPOSE {PORT}\n" in last_stage
    assert f"http://127.0.0.1:{PORT}/healthz" in HEALTHY.read_text()


def test_one_file_serves_both_architectures_and_any_slim_debian() -> None:
    assert "ARG BASE=debian:bookworm-slim" in DOCKERFILE
    assert re.findall(r"x86_64|aarch64|amd64|arm64", DOCKERFILE.partition("ARG BASE")[2]) == []


def test_all_that_is_copied_is_sent_to_the_builder() -> None:
    copied = re.findall(r"^COPY (?:--chmod=\d+ )?(\w\S+) /", re.sub(r"\${[^}]*}", "*", DOCKERFILE + APP), re.MULTILINE)
    sent = re.findall(r"^!(\S+)", (CONTAINER / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    assert sorted(copied) == sorted(sent)


@pytest.mark.parametrize(("builds", "code"), [('echo sha256:0 > "$made"', 0), ("true", 1)])
def test_an_interrupted_engine_archives_no_earlier_image(builds: str, code: int, tmp_path: Path) -> None:
    """Podman ends with 0 when it is interrupted; the image of an earlier build has the same name."""
    for folder in ("packaging", "babycryd", "dist", "bin"):
        (tmp_path / folder).mkdir()
    shutil.copy(ROOT / "packaging" / "build-container", tmp_path / "packaging")
    (tmp_path / "babycryd" / "__init__.py").write_text('__version__ = "1"\n')
    (tmp_path / "dist" / "babycryd_1_amd64.deb").touch()
    engine = tmp_path / "bin" / "podman"
    engine.write_text(f'#!/bin/sh\nif [ $1 = save ]; then echo image > "$6"; exit; fi\nmade=$9\n{builds}\n')
    engine.chmod(0o755)
    env = {"PATH": f"{engine.parent}:/usr/bin:/bin", "ENGINE": "podman"}
    done = subprocess.run(
        ["packaging/build-container", "amd64"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert (tmp_path / "dist" / "babycryd-container_1_amd64.tar.xz").exists() == (code == 0)


@contextmanager
def answering(status: int) -> Iterator[str]:
    """The address of a server that answers everything so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/healthz"
        server.shutdown()


def check(url: str) -> subprocess.CompletedProcess[str]:
    env = {"BABYCRYD_HEALTHZ": url, "http_proxy": "http://127.0.0.1:1"}
    return subprocess.run(
        ["python3", "-IS", HEALTHY], env={"PATH": "/usr/bin:/bin"} | env, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_is_what_healthz_says(status: int, code: int) -> None:
    with answering(status) as url:
        assert check(url).returncode == code


def test_a_page_that_does_not_answer_is_not_healthy() -> None:
    done = check("http://127.0.0.1:1/healthz")
    assert done.returncode == 1
    assert "Connection refused" in done.stderr
