"""A real mosquitto on a free loopback port, and a subscriber that writes down what it hears."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

USERNAME = "babycryd"
PASSWORD = "correct horse"  # noqa: S105 - of a broker that lives for one test

_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])  # Debian keeps the daemon in sbin


def _program(name: str) -> str:
    found = shutil.which(name, path=_PATH)
    if found is None:
        pytest.skip(f"no {name}: apt install mosquitto mosquitto-clients")
    return found


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as the subscriber received it, `retain` as its publisher had set it."""

    topic: str
    payload: str
    retain: bool


class Broker:
    """`with Broker() as broker:` runs mosquitto with a password and no persistence; skips where there is none.

    With `tls`, the port speaks TLS with a certificate for `localhost` signed by `ca_file`.
    A restart keeps the port and forgets every retained message.
    """

    def __init__(self, *, tls: bool = False) -> None:
        self._mosquitto = _program("mosquitto")
        self._folder = Path(tempfile.mkdtemp(prefix="broker-"))
        self._tls = tls
        self._process: subprocess.Popen[bytes] | None = None
        self.host = "localhost" if tls else "127.0.0.1"
        self.port = free_port()
        self.ca_file = self._folder / "ca.pem"
        self.log = self._folder / "mosquitto.log"
        self._configure()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        shutil.rmtree(self._folder)

    def start(self) -> None:
        """Returns once the port is open."""
        with self.log.open("ab") as log:
            command = [self._mosquitto, "-c", str(self._folder / "mosquitto.conf"), "-v"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        _wait_until(self._answers, 5.0, self.log.read_text)

    def stop(self) -> None:
        self._end_with(signal.SIGTERM)

    def kill(self) -> None:
        self._end_with(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    def freeze(self) -> None:
        """The port stays open, but nobody answers."""
        self._running.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._running.send_signal(signal.SIGCONT)

    def listener(self, topics: str = "#") -> "Listener":
        name = f"listener-{uuid.uuid4().hex[:8]}"
        command = [
            _program("mosquitto_sub"),
            "-h",
            self.host,
            "-p",
            str(self.port),
            "-t",
            topics,
            "-q",
            "1",
            "-i",
            name,
        ]
        command += ["-u", USERNAME, "-P", PASSWORD, "-V", "5", "--retain-as-published", "-F", "%r %t %p"]
        command += ["--cafile", str(self.ca_file)] if self._tls else []
        return Listener(command, lambda: f"Sending SUBACK to {name}" in self.log.read_text())

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        """As another client of the home would."""
        command = [_program("mosquitto_pub"), "-h", self.host, "-p", str(self.port), "-t", topic, "-q", "1", "-s"]
        command += ["-u", USERNAME, "-P", PASSWORD, "-V", "5", *(["-r"] if retain else [])]
        content = payload.encode() if isinstance(payload, str) else payload
        subprocess.run(command, input=content, check=True, timeout=10)

    @property
    def _running(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, "the broker is not running"
        return self._process

    def _end_with(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        self._process.send_signal(signal.SIGCONT)  # a frozen one would not notice SIGTERM
        self._process.wait(timeout=10)
        self._process = None

    def _answers(self) -> bool:
        with socket.socket() as knock:
            return knock.connect_ex(("127.0.0.1", self.port)) == 0

    def _configure(self) -> None:
        passwords = self._folder / "passwords"
        passwords.touch()
        subprocess.run([_program("mosquitto_passwd"), "-b", str(passwords), USERNAME, PASSWORD], check=True)
        lines = [f"listener {self.port} 127.0.0.1", "allow_anonymous false", f"password_file {passwords}"]
        if os.geteuid() == 0:
            lines.insert(0, "user root")  # else it drops its rights and cannot read the files here
        if self._tls:
            _make_certificates(self._folder)
            lines += [f"certfile {self._folder}/server.pem", f"keyfile {self._folder}/server.key"]
        (self._folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")


class Listener:
    """`with broker.listener() as listener:` records every message from then on, the retained ones first.

    None is missed once it has been entered.

    It connects again by itself after a restart of the broker, within about a second.
    """

    def __init__(self, command: list[str], subscribed: Callable[[], bool]) -> None:
        self.heard: list[Heard] = []
        self._command = command
        self._subscribed = subscribed

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, name="mqtt-listener", daemon=True)
        self._reader.start()
        try:
            _wait_until(self._subscribed, 5.0, lambda: "no subscription")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._reader.join()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            retain, topic, payload = line.rstrip("\n").split(" ", 2)
            self.heard.append(Heard(topic, payload, retain == "1"))

    def payloads(self, topic_end: str) -> list[str]:
        """Everything heard so far on the topics that end so, in order."""
        return [each.payload for each in self.heard if each.topic.endswith(topic_end)]

    def expect(self, topic_end: str, payload: str, *, times: int = 1, within_s: float = 5.0) -> None:
        """Blocks until `payload` has been heard so often on the topics that end so; else fails, naming all heard."""
        _wait_until(lambda: self.payloads(topic_end).count(payload) >= times, within_s, lambda: self.heard)

    def expect_count(self, topic_end: str, count: int, *, within_s: float = 5.0) -> list[str]:
        """Blocks until so many messages were heard on the topics that end so; returns their payloads."""
        _wait_until(lambda: len(self.payloads(topic_end)) >= count, within_s, lambda: self.heard)
        return self.payloads(topic_end)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until(happened: Callable[[], bool], within_s: float, seen: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + within_s
    while not happened():
        if time.monotonic() > deadline_s:
            pytest.fail(f"not within {within_s:g} s; seen: {seen()}")
        time.sleep(0.01)


def _make_certificates(folder: Path) -> None:
    """A certificate authority `ca.pem`, and `server.pem` with `server.key` for `localhost` signed by it."""
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    _openssl(folder, "req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA")
    _openssl(folder, "req", *new_key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "san.cnf").write_text("subjectAltName=DNS:localhost\n")
    signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "san.cnf", "-days", "2"]
    _openssl(folder, "x509", "-req", "-in", "server.csr", *signing, "-out", "server.pem")


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run([_program("openssl"), *arguments], cwd=folder, check=True, capture_output=True)
