"""A short night in a recording, and the real daemon's configuration for it: short episodes, a broker, no lullaby."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import soundfile
from numpy.typing import NDArray

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from tests.support.broker import Broker, Subscriber
from tests.support.daemon import write_config
from tests.support.demo_sound import demo_samples

QUIET = os.environ | {"SDL_AUDIODRIVER": "dummy"}
CRY_S = 4.0
EVERY_S = 9.0  # a cry, and quiet for long enough that its episode ends
_CONFIG = """
device: {{id: nursery}}
state_dir: {state}
log: {{level: {log}}}
detection: {{episode: {{minimum_s: 1, quiet_s: 2, cooldown_s: 0.5, update_s: 1}}}}
lullaby: {{enabled: false}}
web: {{enabled: false}}
mqtt: {{{login}}}
"""


@dataclass(frozen=True, slots=True)
class RecordedNight:
    """`cries` of CRY_S, one every EVERY_S, the first after three seconds of the demo's quiet room."""

    path: Path
    cries: int

    @classmethod
    def write(cls, folder: Path, *, cries: int, then_quiet_s: float = 0.0) -> Self:
        path = folder / f"night-{cries}.wav"
        night = night_with(cries)
        quiet = np.resize(night[: 3 * SAMPLE_RATE_HZ], int(then_quiet_s * SAMPLE_RATE_HZ))
        soundfile.write(path, np.concatenate([night, quiet]), SAMPLE_RATE_HZ)
        return cls(path, cries)


def night_with(cries: int) -> NDArray[np.float32]:
    """The samples of such a night."""
    night = DemoNight()
    samples = demo_samples()
    cry = next(scene for scene in night.scenes if scene.what == "cry")
    sound = samples[int(cry.start_s * SAMPLE_RATE_HZ) :][: int(CRY_S * SAMPLE_RATE_HZ)]
    room = samples[-20 * SAMPLE_RATE_HZ :]
    quiet = np.resize(room, int((EVERY_S - CRY_S) * SAMPLE_RATE_HZ))
    return np.concatenate([np.resize(room, 3 * SAMPLE_RATE_HZ), *[sound, quiet] * cries]).astype(np.float32)


def config_for(folder: Path, broker: Broker, *, log: str = "info", state: Path | None = None, more: str = "") -> Path:
    """`more`: further lines of YAML."""
    state = state or folder / "state"
    text = _CONFIG.format(folder=folder, state=state, login=broker.login(folder), log=log)
    return write_config(folder, text + more)


def episodes_of(home: Subscriber) -> dict[str, list[dict[str, Any]]]:
    """What was heard of each episode, by its id, in order."""
    told: dict[str, list[dict[str, Any]]] = {}
    for payload in home.payloads("/episode"):
        message = json.loads(payload)
        told.setdefault(message["id"], []).append(message)
    return told
