"""Rows of the warehouse, from an export of the history, from scores, and from a model's cry.json. Pure.

Names that could tell whose row it is are replaced by a keyed hash (HMAC-SHA256, 32 hex digits): the device's id, the
episode's id, which is a time, and the names of sounds that the package does not ship.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final

import numpy as np

from babycryd.report.summary import day_of
from training.cloud.schema import EPISODES, Row
from training.data.paths import LULLABIES

SHIPPED_SOUNDS: Final = frozenset(path.stem for path in LULLABIES.glob("*.ogg"))
_SOUNDS: Final = 3  # columns of an episode; soothing tries no more than three by default
_BINS: Final = 5


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Keyed hashes of one device's names."""

    key: bytes
    device_id: str

    @property
    def device(self) -> str:
        """Hash of the device's id."""
        return self.of("")

    def of(self, name: str) -> str:
        """Hash of a name of this device."""
        return hmac.new(self.key, f"{self.device_id}/{name}".encode(), hashlib.sha256).hexdigest()[:32]


def home_hash(name: str) -> str:
    """Hash of the name that a home chose in its consent, or of the path of one of its clips."""
    return hashlib.sha256(f"home/{name}".encode()).hexdigest()[:32]


def distribution(scores: Sequence[float]) -> Row:
    """Columns of score_summaries that describe scores, 0..1."""
    counts, _ = np.histogram(scores, bins=_BINS, range=(0.0, 1.0))
    bins = {f"hops_to_{100 * (number + 1) // _BINS}": int(count) for number, count in enumerate(counts)}
    mean, highest = (float(np.mean(scores)), float(np.max(scores))) if len(scores) else (None, None)
    return {"scores": len(scores), "mean": mean, "highest": highest, **bins}


def episode_row(exported: Mapping[str, Any], names: Pseudonyms, zone: tzinfo | None) -> Row:
    """Row of `episodes` from one episode of the export; `zone` is the home's."""
    began = _time(exported["started_at"])
    row: Row = {name: exported.get(name) for name in EPISODES.columns if name in exported}
    row |= {
        "episode": names.of(exported["id"]),
        "device": names.device,
        "night": day_of(began.timestamp(), zone).isoformat(),
        "started_at": began.isoformat(timespec="milliseconds"),
    }
    for number, tried in enumerate([*exported["sounds"], *({},) * _SOUNDS][:_SOUNDS], start=1):
        sound = tried.get("sound")
        row[f"sound_{number}"] = sound if sound is None or sound in SHIPPED_SOUNDS else f"own-{names.of(sound)[:8]}"
        row |= {f"outcome_{number}": tried.get("outcome"), f"took_{number}_s": tried.get("took_s")}
    return row


def episode_summary(exported: Mapping[str, Any], names: Pseudonyms, zone: tzinfo | None) -> Row:
    """Row of `score_summaries` from the score curve of one exported episode."""
    episode = names.of(exported["id"])
    return {
        "summary": episode,
        "device": names.device,
        "model_sha256": exported["model_sha256"],
        "source": "episode",
        "kind": "episode",
        "recording": episode,
        "night": day_of(_time(exported["started_at"]).timestamp(), zone).isoformat(),
        "duration_s": exported["duration_s"],
        **distribution(exported["scores"]),
        "is_cry": exported["cry"],
        "alarms": 1,
        "latency_s": None,
    }


def training_run(card: Mapping[str, Any]) -> Row:
    """Row of `training_runs` from the content of cry.json. Raises KeyError for a file of another kind."""
    made, found = card["made_by"], card["made_by"]["calibration"]
    return {
        "model_sha256": card["sha256"],
        "trained_on": card["trained_on"],
        "architecture": made["architecture"],
        "steps": made["training"][-1]["end"],
        "shards": made["training"][-1]["shards"],
        "manifest_sha256": made.get("manifest_sha256"),
        "sides": " ".join(made.get("sides", ("val",))),
        "threshold": card["threshold"],
        "slope": found["slope"],
        "shift": found["shift"],
        "log_loss": found["log_loss"]["Platt"],
        "expected_error": found["expected_error"]["after"],
        "bytes": card["bytes"],
    }


def _time(value: datetime | str) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
