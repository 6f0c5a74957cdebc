"""A real mosquitto on a free loopback port."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.mqtt_client import Client, Heard, Subscriber, program
from tests.support.patience import HANG_S, exit_code, wait_until
from tests.support.planted_secrets import PLANTED
from tests.support.ports import free_port
from tests.support.processes import state_of

__all__ = ["PASSWORD", "USERNAME", "Broker", "Client", "Heard", "Subscriber"]
USERNAME = "babycryd"
PASSWORD = PLANTED.broker_password


class Broker:
    """`with Broker() as broker:` runs mosquitto with a password and no persistence; skips where there is none.

    With `tls`, the port speaks TLS with a certificate for `localhost` signed by `ca_file`.
    A restart keeps the port and forgets every retained message.
    """

    def __init__(self, *, tls: bool = False, wants_certificates: bool = False, options: Sequence[str] = ()) -> None:
        """`options` are further lines of its configuration."""
        self.program = program("mosquitto")
        self.folder = Path(tempfile.mkdtemp(prefix="broker-"))
        self._tls = tls
        self._wants_certificates = wants_certificates
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.host = "localhost" if tls else "127.0.0.1"
        self.port = free_port()
        self.ca_file = self.folder / "ca.pem"
        self.log = self.folder / "mosquitto.log"
        self._configure()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        shutil.rmtree(self.folder)

    def login(self, folder: Path) -> str:
        """Settings under `mqtt:` that admit a daemon, as `key: value, …`; their password file goes into `folder`."""
        password = folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o600)
        return f"host: {self.host}, port: {self.port}, username: {USERNAME}, password_file: {password}"

    def start(self) -> None:
        """Returns once the port is open."""
        with self.log.open("ab") as log:
            command = [self.program, "-c", str(self.folder / "mosquitto.conf"), "-v"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(self._answers, HANG_S, self.log.read_text)

    def stop(self) -> None:
        self._end_with(signal.SIGTERM)

    def kill(self) -> None:
        self._end_with(signal.SIGKILL)

    def save(self) -> None:
        """Write its sessions to its file now (with `persistence true`), or a kill makes it forget them."""
        self._running.send_signal(signal.SIGUSR1)
        wait_until((self.folder / "mosquitto.db").exists, HANG_S, self.log.read_text)

    def restart(self) -> None:
        self.stop()
        self.start()

    def freeze(self) -> None:
        """The port stays open and unanswered; returns once it does nothing more."""
        self._running.send_signal(signal.SIGSTOP)
        wait_until(lambda: state_of(self._running.pid) == "T", HANG_S, lambda: "the broker does not stop")

    def thaw(self) -> None:
        self._running.send_signal(signal.SIGCONT)

    def reload(self) -> None:
        """It reads its password file and its access list again; returns once it has begun to, before anything else."""
        before = self._reloads()
        self._running.send_signal(signal.SIGHUP)
        wait_until(lambda: self._reloads() > before, HANG_S, self.log.read_text)

    def retained(self) -> dict[str, str]:
        """What a newcomer is told, by topic."""
        with self.subscriber() as newcomer:
            self.publish("the/end", "1")  # behind everything that was retained
            newcomer.expect("the/end", "1")
            return {each.topic: each.payload for each in newcomer.heard if each.topic != "the/end"}

    def client(self) -> Client:
        """The client with the broker's user and password."""
        return Client(self.host, self.port, USERNAME, PASSWORD, self.ca_file if self._tls else None)

    def subscriber(self, topics: str = "#") -> Subscriber:
        return self.client().subscriber(topics)

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        """As another client of the home would."""
        self.client().publish(topic, payload, retain=retain)

    def add_user(self, name: str, password: str) -> None:
        subprocess.run([program("mosquitto_passwd"), "-b", str(self.folder / "passwords"), name, password], check=True)

    def make_certificates(self) -> None:
        """A certificate authority `ca.pem`, and for `localhost` and a client what it has signed."""
        make_certificates(self.folder)

    def peak_mb(self) -> float:
        """Largest resident size since its start, 2^20 bytes, as the kernel has it."""
        status = Path(f"/proc/{self._running.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024

    @property
    def _running(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, "the broker is not running"
        return self._process

    def _end_with(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        self._process.send_signal(signal.SIGCONT)  # a frozen one would not notice SIGTERM
        exit_code(self._process, HANG_S)
        self._process = None

    def _reloads(self) -> int:
        return self.log.read_text().count("Reloading config.")

    def _answers(self) -> bool:
        with socket.socket() as knock:
            return knock.connect_ex(("127.0.0.1", self.port)) == 0

    def _configure(self) -> None:
        passwords = self.folder / "passwords"
        passwords.touch(mode=0o600)
        self.add_user(USERNAME, PASSWORD)
        lines = [f"listener {self.port} 127.0.0.1", "allow_anonymous false", f"password_file {passwords}"]
        if os.geteuid() == 0:
            lines.insert(0, "user root")  # else it drops its rights and cannot read the files here
        if self._tls:
            self.make_certificates()
            lines += [f"certfile {self.folder}/server.pem", f"keyfile {self.folder}/server.key"]
        if self._wants_certificates:
            lines += [f"cafile {self.ca_file}", "require_certificate true"]
        lines += [f"persistence_location {self.folder}/", *self._options]
        (self.folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")


def make_certificates(folder: Path) -> None:
    """`ca.pem`, and signed by it `server.pem` with `server.key` for `localhost`, `client.pem` with `client.key`."""
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    _openssl(folder, "req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA")
    (folder / "san.cnf").write_text("subjectAltName=DNS:localhost\n")
    signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "san.cnf", "-days", "2"]
    for name, subject in (("server", "/CN=localhost"), ("client", "/CN=nursery")):
        _openssl(folder, "req", *new_key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        _openssl(folder, "x509", "-req", "-in", f"{name}.csr", *signing, "-out", f"{name}.pem")


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run([program("openssl"), *arguments], cwd=folder, check=True, capture_output=True)
