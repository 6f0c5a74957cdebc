"""mosquitto_pub and mosquitto_sub: how the rest of the home speaks and listens."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.support.patience import CLOCK_HANG_S, HANG_S, wait_until
from tests.support.planted_secrets import found_in

_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])  # Debian keeps the daemon in sbin


def program(name: str) -> str:
    """Its path; skips where it is not installed."""
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


@dataclass(frozen=True, slots=True)
class Client:
    """An MQTT 5 client with a user name and a password; anonymous without a name."""

    host: str
    port: int
    user: str
    password: str
    ca_file: Path | None = None

    def subscriber(self, *topics: str) -> "Subscriber":
        wanted = [part for topic in topics for part in ("-t", topic)]
        # With -d it tells of its subscriptions as well, and without stdbuf only when its buffer is full
        command = [
            program("stdbuf"),
            "-oL",
            *self._command("mosquitto_sub"),
            "-d",
            "--retain-as-published",
            "-F",
            "%r %t %p",
            "-q",
            "1",
        ]
        return Subscriber([*command, *wanted])

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        """Returns once the broker has confirmed it."""
        content = payload.encode() if isinstance(payload, str) else payload
        self._publish(topic, content, "-q", "1", "-s" if content else "-n", *(["-r"] if retain else []))

    def flood(self, topic: str, payload: str, *, times: int) -> None:
        """As a program that runs wild; returns when all has been written."""
        self._publish(topic, f"{payload}\n".encode() * times, "-q", "0", "-l")

    def publish_many(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publishes topic and payload of each, any bytes; returns once the broker has confirmed all."""
        client = self.paho("")
        client.max_inflight_messages_set(len(messages) + 1)
        client.connect(self.host, self.port)
        client.loop_start()
        try:
            for sent in [client.publish(topic, payload, qos=1) for topic, payload in messages]:
                sent.wait_for_publish(HANG_S)
        finally:
            leave(client)

    def paho(self, identifier: str, *, older: bool = False) -> paho.Client:
        """A library's client with the name and the password, not yet connected. `older`: keeps a session in 3.1.1."""
        protocol = MQTTProtocolVersion.MQTTv311 if older else MQTTProtocolVersion.MQTTv5
        clean = False if older else None
        client = paho.Client(CallbackAPIVersion.VERSION2, identifier, clean_session=clean, protocol=protocol)
        client.username_pw_set(self.user, self.password)
        return client

    def refused(self, password: str) -> str:
        """What the broker says to another password; fails where it lets us in."""
        stranger = Client(self.host, self.port, self.user, password)
        command = [*stranger._command("mosquitto_pub"), "-t", "x", "-m", "x"]
        told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=CLOCK_HANG_S)
        assert told.returncode != 0
        return told.stdout + told.stderr

    def wait_for_broker(self) -> None:
        """Returns once the port is open."""

        def answers() -> bool:
            with socket.socket() as knock:
                return knock.connect_ex((self.host, self.port)) == 0

        wait_until(answers, HANG_S, lambda: f"no broker at port {self.port}")

    def _publish(self, topic: str, content: bytes, *options: str) -> None:
        command = [*self._command("mosquitto_pub"), "-t", topic, *options]
        subprocess.run(command, input=content, check=True, timeout=CLOCK_HANG_S, stderr=subprocess.DEVNULL)

    def _command(self, name: str) -> list[str]:
        command = [program(name), "-h", self.host, "-p", str(self.port), "-V", "5"]
        command += ["-u", self.user, "-P", self.password] if self.user else []
        return command + (["--cafile", str(self.ca_file)] if self.ca_file else [])


def leave(client: paho.Client) -> None:
    """Ends the thread of a client, then its connection: in the other order paho may trip over the end of its thread."""
    client.loop_stop()
    client.disconnect()


class Subscriber:
    """`with client.subscriber("#") as subscriber:` records every message from then on, the retained ones first.

    None is missed once it has been entered. It connects again by itself after a restart of the broker, within about
    a second.
    """

    def __init__(self, command: list[str]) -> None:
        self.heard: list[Heard] = []
        self._command = command
        self._subscribed = False

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True, errors="replace")
        self._reader = threading.Thread(target=self._read, name="mqtt-subscriber", daemon=True)
        self._reader.start()
        try:
            wait_until(lambda: self._subscribed, HANG_S, lambda: "no subscription")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._reader.join()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        if kind is None:
            assert found_in({each.topic: each.payload for each in self.heard}) == []

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line[:2] in {"0 ", "1 "}:
                retain, topic, payload = line.rstrip("\n").split(" ", 2)
                self.heard.append(Heard(topic, payload, retain == "1"))
            elif line.startswith("Subscribed "):
                self._subscribed = True

    def payloads(self, topic_end: str) -> list[str]:
        """Everything heard so far on the topics that end so, in order."""
        return [each.payload for each in self.heard if each.topic.endswith(topic_end)]

    def expect(self, topic_end: str, payload: str, *, times: int = 1, within_s: float = HANG_S) -> None:
        """Blocks until `payload` has been heard so often on the topics that end so; else fails, naming all heard."""
        wait_until(lambda: self.payloads(topic_end).count(payload) >= times, within_s, lambda: self.heard)

    def expect_last(self, topic_end: str, payload: str) -> None:
        """Blocks until the newest message on the topics that end so is `payload`."""
        wait_until(lambda: self.payloads(topic_end)[-1:] == [payload], HANG_S, lambda: self.heard)

    def expect_count(self, topic_end: str, count: int, *, within_s: float = HANG_S) -> list[str]:
        """Blocks until so many messages were heard on the topics that end so; returns their payloads."""
        wait_until(lambda: len(self.payloads(topic_end)) >= count, within_s, lambda: self.heard)
        return self.payloads(topic_end)
