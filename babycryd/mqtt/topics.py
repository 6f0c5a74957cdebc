"""PURE. Every topic there is, below the base. The table in docs/mqtt.md is made from this one."""

from dataclasses import dataclass
from typing import Final

from babycryd.core.commands import COMMANDS, THRESHOLD, VOLUME
from babycryd.mqtt.message import CRY_EXPIRES_S, HEARTBEAT_S, LEVEL_EXPIRES_S


@dataclass(frozen=True, slots=True)
class Topic:
    """What is said on it, or heard."""

    leaf: str
    payload: str
    retained: bool = False
    qos: int = 1


TOLD: Final = (
    Topic(
        "status",
        "`online`, and commands are heard; `stopped` after a clean stop; "
        "`offline` when babycryd or its network died (last will)",
        retained=True,
    ),
    Topic("state", "what it is doing, since when, and why if it is deaf", retained=True),
    Topic(
        "cry",
        f"`ON` while an episode of crying lasts, else `OFF`; said again every {HEARTBEAT_S:g} s, and forgotten by an "
        f"MQTT 5 broker {CRY_EXPIRES_S} s after the last time",
        retained=True,
    ),
    Topic("episode", "the beginning, the progress and the end of an episode"),
    Topic("level", f"about once a second; expires after {LEVEL_EXPIRES_S} s", qos=0),
    Topic("today", "crying minutes and episodes since midnight", retained=True),
    Topic("report", "how the night was, at `report.morning`: a sentence and its figures", retained=True),
    Topic(
        "report/image",
        "the same as a picture: PNG in base64, at most 96 kB; `report.picture: false` leaves it out",
        retained=True,
    ),
    Topic("health", "how the daemon itself is, every 60 s", retained=True),
    Topic(
        "lullaby/state",
        "`OFF`; `ON` while one plays; its name where somebody asked for that very track",
        retained=True,
    ),
    Topic("lullaby/track", "name of the track that plays, or `none`", retained=True),
    Topic("volume/state", f"{VOLUME.span}, percent of `lullaby.max_volume`", retained=True),
    Topic("snooze/state", "minutes left, 0: no snooze", retained=True),
    Topic("threshold/state", THRESHOLD.span, retained=True),
    Topic("command/response", "the answer to a command"),
)
HEARD: Final = tuple(Topic(spec.topic, spec.text) for spec in COMMANDS)


def retained_topics(base: str) -> set[str]:
    """All that a broker remembers of us, but for the announcement to Home Assistant."""
    return {f"{base}/{topic.leaf}" for topic in TOLD if topic.retained}


def table() -> str:
    """As Markdown."""
    lines = ["| topic | direction | retained | QoS | payload |", "|---|---|---|---|---|"]
    for direction, topics in (("out", TOLD), ("in", HEARD)):
        for topic in topics:
            flag = "yes" if topic.retained else "no"
            lines.append(f"| `{topic.leaf}` | {direction} | {flag} | {topic.qos} | {topic.payload} |")
    return "\n".join(lines) + "\n"
