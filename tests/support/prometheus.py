"""The real Prometheus and Alertmanager on loopback, with the shipped files of config/prometheus and shorter waits."""

import json
import re
import shutil
import subprocess
import urllib.parse
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from tests.support.patience import CLOCK_HANG_S, HANG_S, wait_until
from tests.support.ports import free_port

SHIPPED = Path("config/prometheus")
SOON = r"\g<1>1s"  # in place of minutes


def debian_program(name: str) -> str:
    """Return the path of a program of Prometheus; skips where it is not installed."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name}: apt install prometheus prometheus-alertmanager")
    return found


class Prometheus:
    """`with Prometheus(folder, rooms, receiver=…) as prometheus:` scrapes the rooms and tells the receiver."""

    def __init__(self, folder: Path, rooms: dict[str, int], *, password: str, receiver: str) -> None:
        """`rooms`: the port of each page; `receiver`: URL that takes what the shipped receivers would."""
        self._programs = debian_program("prometheus"), debian_program("prometheus-alertmanager")
        self._folder = folder
        self._port, self._alerts_port = free_port(), free_port()
        self._running = ExitStack()
        shutil.copytree(SHIPPED, folder, dirs_exist_ok=True)
        (folder / "babycryd.password").write_text(password)
        entries = [{"targets": [f"127.0.0.1:{port}"], "labels": {"room": room}} for room, port in rooms.items()]
        (folder / "rooms.yml").write_text(json.dumps(entries))
        self._rewrite(
            "prometheus.yml", (r"(_interval: )\w+", SOON), ("127.0.0.1:9093", f"127.0.0.1:{self._alerts_port}")
        )
        self._rewrite("rules.yml", (r"(for: )\w+", SOON))
        self._rewrite(
            "alertmanager.yml",
            (r"(group_wait: )\w+", SOON),
            (r"(group_interval: )\w+", SOON),
            (r"http://127.0.0.1:9095", receiver),
        )

    def __enter__(self) -> Self:
        prometheus, alertmanager = self._programs
        self._start(
            "alerts",
            [alertmanager, "--config.file=alertmanager.yml", "--storage.path=alerts", "--cluster.listen-address="],
            self._alerts_port,
        )
        self._start("metrics", [prometheus, "--config.file=prometheus.yml", "--storage.tsdb.path=metrics"], self._port)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._running.close()

    def ask(self, expression: str) -> dict[str, float]:
        """Return the values of an expression by the name of their room; `""` where it has none."""
        query = urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self._port}/api/v1/query?{query}", timeout=CLOCK_HANG_S
        ) as answer:
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return {each["metric"].get("room", ""): float(each["value"][1]) for each in found}

    def _rewrite(self, name: str, *changes: tuple[str, str]) -> None:
        path = self._folder / name
        text = path.read_text()
        for pattern, replacement in changes:
            text, count = re.subn(pattern, replacement, text)
            assert count, f"{name} has no {pattern}"
        path.write_text(text)

    def _start(self, name: str, command: list[str], port: int) -> None:
        log = self._running.enter_context((self._folder / f"{name}.log").open("wb"))
        command = [*command, f"--web.listen-address=127.0.0.1:{port}"]
        process = subprocess.Popen(command, cwd=self._folder, stdout=log, stderr=log)
        self._running.callback(process.wait)
        self._running.callback(process.kill)
        wait_until(lambda: _is_ready(port), HANG_S, (self._folder / f"{name}.log").read_text)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
