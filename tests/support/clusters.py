"""Clusters of real brokers on loopback addresses (127.0.0.2, .3, .4), whose nodes can be killed and come back."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pytest

from tests.support.broker import PASSWORD, USERNAME
from tests.support.mqtt_client import Client, program
from tests.support.patience import HANG_S, exit_code, wait_until
from tests.support.ports import free_port
from tests.support.processes import children

ADDRESSES: Final = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
_START_S: Final = 3 * HANG_S  # of a node: Erlang's takes half a minute on a busy computer


class Cluster:
    """`with NatsCluster() as cluster:` runs its nodes, which all listen at `port`; skips where the program is missing.

    Each node keeps what it stores in a folder of its own, and so through `kill`.
    """

    program = ""  # that a node runs
    package = ""  # of Debian's
    addresses: tuple[str, ...] = ADDRESSES

    def __init__(self) -> None:
        # Debian's wrapper of rabbitmq-server in sbin would change the user
        path = os.pathsep.join(["/usr/lib/rabbitmq/bin", os.environ.get("PATH", ""), "/usr/sbin"])
        found = shutil.which(self.program, path=path)
        if found is None:
            pytest.skip(f"no {self.program}: apt install {self.package}")
        self.executable = found
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="cluster-"))
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        try:
            for number in range(len(self.addresses)):
                self.start(number)
            for number in range(len(self.addresses)):
                wait_until(lambda at=number: self.answers(at), _START_S, lambda at=number: self.log(at))  # type: ignore[misc]  # the loop's own
            self.prepare()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number in list(self._running):
            self.kill(number)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, number: int) -> None:
        """Start a node; returns at once."""
        folder = self.folder / str(number)
        folder.mkdir(exist_ok=True)
        with (folder / "log").open("ab") as log:
            self._running[number] = subprocess.Popen(
                self.command(number, folder),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | self.environment(number, folder),
                start_new_session=True,
            )

    def kill(self, number: int) -> None:
        """As a power cut would."""
        process = self._running.pop(number)
        os.killpg(process.pid, signal.SIGKILL)
        exit_code(process, HANG_S)

    def answers(self, number: int) -> bool:
        """Whether the node takes connections."""
        with socket.socket() as knock:
            return knock.connect_ex((self.addresses[number], self.port)) == 0

    def wait_for(self, number: int) -> None:
        wait_until(lambda: self.answers(number), _START_S, lambda: self.log(number))

    def client(self, number: int = 0) -> Client:
        """The client with the user and password, at this node."""
        return Client(self.addresses[number], self.port, USERNAME, PASSWORD)

    def log(self, number: int) -> str:
        return (self.folder / str(number) / "log").read_text(errors="replace")[-4000:]

    def peak_mb(self) -> list[float]:
        """Largest resident size of each running node, 2^20 bytes."""
        return [max(map(_peak_mb, _family(process.pid))) for process in self._running.values()]

    def prepare(self) -> None:
        """Wait until the nodes know each other."""

    def leader(self) -> int:
        """Number of the node whose loss is the worst; the last one where all are alike."""
        return len(self.addresses) - 1

    def command(self, number: int, folder: Path) -> Sequence[str]:
        raise NotImplementedError

    def environment(self, number: int, folder: Path) -> dict[str, str]:
        return {}


def _family(pid: int) -> Iterator[int]:
    """A process and its descendants: RabbitMQ's is started by a script."""
    yield pid
    for child in children(pid):
        yield from _family(child)


def _peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


class NatsCluster(Cluster):
    """Three nodes of nats-server with JetStream, on which its MQTT 3.1.1 stores; every message is stored thrice."""

    program, package = "nats-server", "nats-server"

    def __init__(self, mqtt: str = "stream_replicas: 3") -> None:
        """`mqtt`: further settings of its block of that name."""
        super().__init__()
        self._mqtt = mqtt
        self._client_port, self._route_port, self._monitor_port = free_port(), free_port(), free_port()

    def command(self, number: int, folder: Path) -> Sequence[str]:
        address = self.addresses[number]
        routes = ", ".join(f"nats-route://{each}:{self._route_port}" for each in self.addresses)
        (folder / "nats.conf").write_text(f"""
server_name: node-{number}
listen: {address}:{self._client_port}
http: {address}:{self._monitor_port}
jetstream {{ store_dir: "{folder}/store" }}
cluster {{ name: nursery, listen: {address}:{self._route_port}, routes: [{routes}] }}
mqtt {{ listen: {address}:{self.port}, {self._mqtt} }}
authorization {{ user: {USERNAME}, password: "{PASSWORD}" }}
""")
        return [self.executable, "-c", str(folder / "nats.conf")]

    def prepare(self) -> None:
        """Wait for the leader of JetStream."""
        chosen = "JetStream cluster new metadata leader"
        wait_until(lambda: chosen in "".join(map(self.log, range(3))), _START_S, lambda: self.log(0))
        time.sleep(1.0)  # the others hear of it

    def leader(self) -> int:
        """The leader of the stream that holds every message; it is there once a client has connected."""
        url = f"http://{self.addresses[0]}:{self._monitor_port}/jsz?accounts=true&streams=true"
        with urllib.request.urlopen(url, timeout=HANG_S) as answer:
            told = json.load(answer)
        streams = [stream for account in told["account_details"] for stream in account["stream_detail"]]
        messages = next(stream for stream in streams if stream["name"] == "$MQTT_msgs")
        return int(messages["cluster"]["leader"].removeprefix("node-"))


class RabbitCluster(Cluster):
    """Three nodes of RabbitMQ with its plugin for MQTT 3.1.1; a subscriber's session is a quorum queue."""

    program, package = "rabbitmq-server", "rabbitmq-server"

    def __init__(self) -> None:
        super().__init__()
        self._epmd, self._distribution = free_port(), [free_port() for _ in self.addresses]
        self._name = f"{os.getpid()}-{self.port}"

    def _node(self, number: int) -> str:
        return f"babycryd-{self._name}-{number}@localhost"

    def command(self, number: int, folder: Path) -> Sequence[str]:
        peers = "".join(
            f"cluster_formation.classic_config.nodes.{at + 1} = {self._node(at)}\n" for at in range(len(self.addresses))
        )
        (folder / "rabbitmq.conf").write_text(f"""
listeners.tcp = none
mqtt.listeners.tcp.1 = {self.addresses[number]}:{self.port}
mqtt.allow_anonymous = false
mqtt.durable_queue_type = quorum
default_user = {USERNAME}
default_pass = {PASSWORD}
loopback_users = none
cluster_formation.peer_discovery_backend = classic_config
cluster_name = nursery
log.console = true
log.console.level = info
log.file = false
{peers}""")
        (folder / "plugins").write_text("[rabbitmq_mqtt].\n")
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        cookie = home / ".erlang.cookie"
        if not cookie.exists():
            cookie.write_text("BABYCRYDTESTS")
            cookie.chmod(0o400)
        return [self.executable]

    def environment(self, number: int, folder: Path) -> dict[str, str]:
        return {
            "HOME": str(self.folder / "home"),
            "RABBITMQ_NODENAME": self._node(number),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "logs"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_DIST_PORT": str(self._distribution[number]),
            "ERL_EPMD_PORT": str(self._epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
        }

    def prepare(self) -> None:
        """Wait until each node has all as members."""
        wait_until(self._is_whole, _START_S, lambda: self.log(0))

    def _is_whole(self) -> bool:
        """Whether all nodes run as one cluster."""
        told = self.control("cluster_status", "--formatter=json")
        return bool(told) and len(json.loads(told)["running_nodes"]) == len(self.addresses)

    def control(self, *arguments: str, number: int = 0) -> str:
        """Standard output of rabbitmqctl; empty where it fails."""
        folder = self.folder / str(number)
        command = [str(Path(self.executable).with_name("rabbitmqctl")), "-n", self._node(number), *arguments]
        environment = os.environ | self.environment(number, folder)
        environment.pop("RABBITMQ_DIST_PORT")
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=600)
        return done.stdout if done.returncode == 0 else ""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        super().__exit__(kind, error, at)
        subprocess.run(["epmd", "-port", str(self._epmd), "-kill"], check=False, capture_output=True)


class BridgedMosquitto(Cluster):
    """Two mosquittos: that of the rooms (node 0), and that of an office, to which a bridge carries what rooms say."""

    program, package = "mosquitto", "mosquitto"
    addresses = ADDRESSES[:2]

    def command(self, number: int, folder: Path) -> Sequence[str]:
        passwords = folder / "passwords"
        passwords.touch(mode=0o600)
        subprocess.run([program("mosquitto_passwd"), "-b", str(passwords), USERNAME, PASSWORD], check=True)
        lines = [*(["user root"] if os.geteuid() == 0 else []), f"listener {self.port} {self.addresses[number]}"]
        lines += ["allow_anonymous false", f"password_file {passwords}", "max_queued_messages 0"]
        # Else a kill loses what was confirmed in the last half an hour
        lines += [
            "persistence true",
            f"persistence_location {folder}/",
            "autosave_on_changes true",
            "autosave_interval 1",
        ]
        if number == 0:
            lines += [*self._bridge()]
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
        return [self.executable, "-c", str(folder / "mosquitto.conf"), "-v"]

    def _bridge(self) -> list[str]:
        """As it is shipped, without TLS."""
        example = Path("config/mosquitto/bridge.conf.example").read_text()
        lines = [line for line in example.splitlines() if line and not line.startswith(("#", "bridge_cafile"))]
        changes = {
            "address": f"address {self.addresses[1]}:{self.port}",
            "remote_username": f"remote_username {USERNAME}",
            "remote_password": f"remote_password {PASSWORD}",
        }
        return [changes.get(line.partition(" ")[0], line) for line in lines]
