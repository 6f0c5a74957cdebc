"""PURE. Table of the topics below the base, each with its payload, its flags and its entities in Home Assistant.

`event_encoder.py` makes the payloads, `discovery.py` announces the entities. docs/mqtt.md has this table.
"""

from collections.abc import Sequence
from typing import Final, get_args

from babycryd.core.alert import ALERT_STATES
from babycryd.core.commands import THRESHOLD
from babycryd.core.events import STATES, Route
from babycryd.mqtt.entity import Entity, EntityConfig, Topic
from babycryd.mqtt.message import CRY_EXPIRES_S, HEARTBEAT_S, LEVEL_EXPIRES_S
from babycryd.mqtt.report_topics import REPORTS
from babycryd.mqtt.soothing_topics import SOOTHING

_MEASURED: Final = {"state_class": "measurement"}
_DIAGNOSTIC: Final = {"entity_category": "diagnostic"}
_BOX: Final = {"mode": "box"}
_CONFIG: Final = {"entity_category": "config"}
_DURATION: Final = {"device_class": "duration"}
_FIGURE: Final = {"expire_after": 30, **_MEASURED}  # of Home Assistant; the message expires sooner
_HEALTH: Final = {"expire_after": 200, **_DIAGNOSTIC}  # `health` comes every 60 s


def _enum(options: Sequence[str]) -> EntityConfig:
    """Return the keys of a sensor that shows one of a few words."""
    return {"device_class": "enum", "options": list(options)}


PUBLISHED: Final = (
    Topic(
        "status",
        "`online`, and commands are executed; `stopped` after a clean stop; "
        "`offline` when babycryd or its network died (last will)",
        retained=True,
    ),
    Topic(
        "state",
        "what it is doing, since when, and why if it is deaf",
        retained=True,
        entities=(
            Entity(
                "hearing_problem",
                "binary_sensor",
                "Hearing problem",
                "mdi:ear-hearing-off",
                "{{ 'ON' if value_json.state == 'deaf' else 'OFF' }}",
                attributes=True,
                more={"device_class": "problem"},
                # Under a new key Home Assistant would refuse it (its unique id is in use) and then delete the old one
                announced_as="listening",
            ),
            Entity(
                "state",
                "sensor",
                "State",
                "mdi:baby-face-outline",
                "{{ value_json.state }}",
                attributes=True,
                more=_enum(STATES),
            ),
        ),
    ),
    Topic(
        "cry",
        f"`ON` while an episode of crying lasts, else `OFF`; repeated every {HEARTBEAT_S:g} s, and deleted by an "
        f"MQTT 5 broker {CRY_EXPIRES_S} s after the last time",
        retained=True,
        entities=(
            Entity(
                "crying",
                "binary_sensor",
                "Crying",
                "mdi:emoticon-cry-outline",
                more={"device_class": "sound", "expire_after": CRY_EXPIRES_S},
            ),
        ),
    ),
    Topic(
        "episode",
        "the beginning, the progress and the end of an episode",
        entities=(
            Entity(
                "episode",
                "event",
                "Last episode",
                "mdi:timeline-alert-outline",
                "{{ dict(value_json, event_type=value_json.type) | tojson }}",
                more={"event_types": ["new", "update", "end"]},
            ),
        ),
    ),
    Topic(
        "last_cry",
        "begin and length of the last cry, `null` while it lasts; for [several rooms](#several-rooms)",
        retained=True,
    ),
    Topic("about", "name of the room, address of its page (`null`: only on that computer) and version", retained=True),
    Topic(
        "alert",
        "`quiet`; `told`: the baby cries, or nothing is heard, for so long that the recipients were told; `escalated`: "
        "further recipients too; `acknowledged`: a parent has seen it, and it still lasts",
        retained=True,
        entities=(Entity("alert", "sensor", "Alert", "mdi:bell-ring-outline", more=_enum(ALERT_STATES)),),
    ),
    Topic(
        "listen_in",
        "how many [listen in](listen-in.md) to the live sound of the room",
        retained=True,
        entities=(
            Entity(
                "listen_in",
                "binary_sensor",
                "Listening in",
                "mdi:headphones",
                "{{ 'ON' if value_json.listeners else 'OFF' }}",
                attributes=True,
            ),
        ),
    ),
    Topic(
        "level",
        f"about once a second; expires after {LEVEL_EXPIRES_S} s",
        qos=0,
        entities=(
            Entity(  # whole decibels, so that the recorder does not store a row a second
                "noise",
                "sensor",
                "Noise level",
                "mdi:volume-high",
                "{{ value_json.dbfs | round(0) | int }}",
                more={"unit_of_measurement": "dBFS", **_FIGURE},
            ),
            Entity(
                "score",
                "sensor",
                "Score",
                "mdi:chart-bell-curve",
                "{{ value_json.score | round(1) }}",
                more={**_FIGURE, **_DIAGNOSTIC},
            ),
        ),
    ),
    Topic(
        "today",
        "crying minutes and episodes since midnight, without those marked as not the baby",
        retained=True,
        entities=(
            Entity(
                "crying_today",
                "sensor",
                "Crying today",
                "mdi:timer-outline",
                "{{ value_json.crying_minutes }}",
                more={
                    "device_class": "duration",
                    "unit_of_measurement": "min",
                    "state_class": "total",  # not `total_increasing`: a mark may lower it
                    "last_reset_value_template": "{{ value_json.date }}T00:00:00",
                },
            ),
        ),
    ),
    *REPORTS,
    Topic(
        "health",
        "health of the daemon, every 60 s",
        retained=True,
        entities=(
            Entity(
                "route",
                "sensor",
                "Route",
                "mdi:cloud-question-outline",
                "{{ value_json.route }}",
                more=_enum(get_args(Route)) | _HEALTH,
            ),
            Entity(
                "cpu",
                "sensor",
                "CPU",
                "mdi:cpu-64-bit",
                "{{ value_json.cpu_percent }}",
                attributes=True,
                more={"unit_of_measurement": "%", **_MEASURED, **_HEALTH},
            ),
            Entity(
                "temperature",
                "sensor",
                "Temperature",
                template="{{ value_json.temperature_c }}",
                more={"device_class": "temperature", "unit_of_measurement": "°C", **_MEASURED, **_HEALTH},
            ),
        ),
    ),
    Topic(
        "snooze/state",
        "minutes left, 0: no snooze",
        retained=True,
        entities=(Entity("snooze", "number", "Snooze", "mdi:sleep", command="snooze", more=_BOX | _DURATION),),
    ),
    Topic(
        "threshold/state",
        THRESHOLD.span,
        retained=True,
        entities=(Entity("threshold", "number", "Threshold", "mdi:tune", command="threshold", more=_BOX | _CONFIG),),
    ),
    *SOOTHING,
    Topic("command/response", "the answer to a command"),
)
