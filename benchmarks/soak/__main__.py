"""Days of nursery time through the whole daemon, at many times real time, with everything that can break breaking.

    python -m benchmarks.soak --days 7          about half an hour; exits with 1 where something is lost or grows

The real daemon hears a synthetic nursery (cries, talk, bangs, quiet) whose clock goes on as the sound is consumed,
tells a real mosquitto and keeps its real history, while microphone, speaker, broker and clock fail at random and the
configuration is reloaded. Afterwards every episode is looked for in the history and on MQTT, and compared with a replay
of the same sound; memory, descriptors, threads and files may not grow. `--plot FILE` draws the memory.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Final

from tqdm import tqdm

from benchmarks.soak.check import Verdict, judge
from benchmarks.soak.soothing import CRY_ENDED, soothing_counts, too_many
from benchmarks.soak.week import Week
from tests.support.broker import PASSWORD, USERNAME, Broker
from tests.support.mqtt_subscriber import FastSubscriber
from tests.support.ports import free_port

# Messages for the subscriber outlive a restart
_PERSISTENT: Final = ("persistence true", "max_queued_messages 0")
_CONFIG: Final = """
device: {{id: nursery}}
state_dir: {folder}/state
detection: {{episode: {{update_s: 10}}}}
lullaby: {{quiet_hours: ""}}
soothing: {{strategy: learning, let_it_settle_s: 20}}
web: {{port: {web}}}
mqtt:  # its patience is of the daemon's time, the broker's speed of ours
  {{host: 127.0.0.1, port: {port}, username: {username}, password_file: {folder}/password,
    timeout_s: 60, keepalive_s: 3600}}
"""


@dataclass
class Heard:
    """What the process has said, and what the home has heard of it."""

    figures: list[dict[str, float]] = field(default_factory=list)
    cries: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)  # messages about episodes
    states: list[dict[str, Any]] = field(default_factory=list)  # those told while the broker was there
    deaf: list[str] = field(default_factory=list)  # the daemon's reasons
    soothing: list[str] = field(default_factory=list)  # "needs you" and the like, and "cry ended", in their order


def soak(days: float, seed: int, folder: Path, *, quiet: bool = False) -> tuple[Heard, Verdict]:
    """Live through it; `folder` is left with the log and the state."""
    heard = Heard()
    (folder / "tmp").mkdir()
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o600)
    with Broker(options=_PERSISTENT) as broker, FastSubscriber(broker.client(), "babycryd/nursery/+") as subscriber:
        broker.save()  # the subscriber's session
        config = folder / "babycryd.yaml"
        config.write_text(_CONFIG.format(folder=folder, port=broker.port, username=USERNAME, web=free_port()))
        with _nursery(config, days, seed, folder) as lines:
            _follow(lines, heard, broker, days, quiet=quiet)
    for _, topic, payload in subscriber.notes:
        if topic.endswith("/episode"):
            heard.told.append(json.loads(payload))
        elif topic.endswith("/state") and payload.startswith(b"{"):
            heard.states.append(json.loads(payload))
    verdict = judge(Week(days, seed), heard.cries, heard.runs, heard.told, heard.figures, folder / "state")
    return heard, replace(verdict, soothing=soothing_counts(heard.soothing), sounds_too_many=too_many(heard.soothing))


@contextmanager
def _nursery(config: Path, days: float, seed: int, folder: Path) -> Iterator[IO[str]]:
    env = os.environ | {"TMPDIR": str(folder / "tmp"), "TZ": "Europe/Berlin"}
    command = [sys.executable, "-m", "benchmarks.soak.nursery", str(config), f"--days={days}", f"--seed={seed}"]
    with (folder / "daemon.log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=env)
        try:
            assert process.stdout is not None
            with process.stdout as lines:
                yield lines
            if code := process.wait():
                raise RuntimeError(f"the daemon ended with {code}: {(folder / 'daemon.log').read_text()[-2000:]}")
        finally:
            process.kill()
            process.wait()


def _follow(lines: IO[str], heard: Heard, broker: Broker, days: float, *, quiet: bool) -> None:
    with tqdm(total=round(days * 24, 1), unit="h", disable=quiet) as bar:
        for line in lines:
            match json.loads(line):
                case {"figures": figures}:
                    heard.figures.append(figures)
                    bar.update(round(figures["at_s"] / 3600, 1) - bar.n)
                case {"cry": cry}:
                    heard.cries.append(cry)
                case {"soothing": what}:
                    heard.soothing.append(what)
                case {"ended": _}:
                    heard.soothing.append(CRY_ENDED)
                case {"deaf": reason}:
                    heard.deaf.append(reason)
                case {"runs": runs}:
                    heard.runs = runs
                case {"broker": what}:
                    _break(broker, what)


def _break(broker: Broker, what: str) -> None:
    """What a fault does to it, and its end."""
    actions = {
        "stopped": broker.stop,
        "well after stopped": broker.start,
        "killed": broker.kill,
        "well after killed": broker.start,
        "frozen": broker.freeze,
        "well after frozen": broker.thaw,
    }
    actions[what]()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=float, default=7.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", metavar="FILE", help="draw memory over time into this PNG or SVG")
    parser.add_argument("--keep", metavar="FOLDER", help="leave log, state and figures there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as temporary:
        folder = Path(arguments.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        heard, verdict = soak(arguments.days, arguments.seed, folder)
        if arguments.keep:
            (folder / "figures.json").write_text(json.dumps(heard.figures))
    print(verdict.report(), flush=True)  # before the picture, which needs matplotlib
    if arguments.plot:
        from benchmarks.soak.plot import draw

        draw(heard.figures, verdict, Path(arguments.plot))
    return 0 if verdict.good else 1


if __name__ == "__main__":
    sys.exit(main())
