"""PURE. Table of the commands: how each is named, parsed and shown.

MQTT's topics and parser, HTTP's paths, the OpenAPI document and the entities of Home Assistant read `COMMANDS`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from babycryd.core.command_values import CommandError, Limits, name, shortened
from babycryd.core.commands import (
    SNOOZE,
    SOUND_USES,
    THRESHOLD,
    VOLUME,
    AcknowledgeAlert,
    Command,
    Feedback,
    ForgetSounds,
    PlayLullaby,
    PlayTestTone,
    SetThreshold,
    SetVolume,
    Snooze,
    StopLullaby,
    UseSound,
)


@dataclass(frozen=True, slots=True)
class Button:
    """A button in Home Assistant that sends one fixed payload of a command."""

    key: str  # of the entity
    label: str
    icon: str
    payload: str
    diagnostic: bool = False


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """Description of one command: its MQTT topic, HTTP path, value, parser and texts."""

    name: str  # in answers and in the log
    topic: str  # MQTT, below the base
    text: str  # of the payload, for docs/mqtt.md
    kind: Literal["number", "text", "flag", "any"]  # of the value; a `number` has `limits`
    parse: Callable[..., Command]  # takes the value and the texts of `options`; raises CommandError
    key: str = ""  # name of the value in a JSON body over HTTP
    mqtt_key: str = "value"  # name of the value in JSON over MQTT
    options: tuple[str, ...] = ()  # names of further texts, each of which may be absent
    limits: Limits | None = None
    path: str | None = None  # of the POST request; None: not over HTTP
    summary: str = ""  # for the OpenAPI document
    buttons: tuple[Button, ...] = ()

    def read(self, fields: Mapping[str, Any], key: str, elsewhere: Sequence[str] = ()) -> Command:
        """Return the command in `fields`, whose value is named `key`. Raises CommandError.

        `elsewhere`: further known names, which were read already; an error message lists them.
        """
        names = (key, *self.options)
        if unknown := sorted(fields.keys() - set(names)):
            raise CommandError(f"unknown {shortened(str(unknown[0]))}; {_known((*names, *elsewhere))}")
        if self.kind == "flag" and key not in fields:
            raise CommandError(f'"{key}" is missing')
        value = fields.get(key)
        texts = [name(fields, each) for each in self.options]
        return self.parse(self.limits.check(value) if self.limits else value, *texts)


def _to_lullaby(value: object) -> PlayLullaby | StopLullaby:
    """Read `ON`, `OFF`, true, false or a track's name. Raises CommandError."""
    asked = "ON" if value is True else "OFF" if value is False else value
    text = name({"lullaby": asked}, "lullaby")
    if not text:
        raise CommandError("expected ON, OFF or the name of a track")
    if text.upper() == "OFF":
        return StopLullaby()
    return PlayLullaby(None if text.upper() == "ON" else text)


def _to_feedback(cry: object, episode: str | None) -> Feedback:
    """Read the owner's mark. Raises CommandError."""
    if not isinstance(cry, bool | None):
        raise CommandError('"cry" must be true (it was the baby) or false (it was not), or null to take the mark back')
    return Feedback(cry, episode)


def _to_acknowledgement(value: object) -> AcknowledgeAlert:
    """Read `ACK`, or nothing. Raises CommandError."""
    if value is not None and (not isinstance(value, str) or value.upper() != "ACK"):
        raise CommandError(f"expected ACK, got {shortened(str(value))}")
    return AcknowledgeAlert()


def _to_use(sound: object, use: str | None) -> UseSound:
    """Read the name of a sound and its use. Raises CommandError."""
    named = name({"sound": sound}, "sound")
    known = next((each for each in SOUND_USES if each == use), None)
    if not named or known is None:
        raise CommandError(f'expected {{"sound": "…", "use": "…"}}, the use being one of {", ".join(SOUND_USES)}')
    return UseSound(named, known)


COMMANDS: Final = (
    CommandSpec(
        name="lullaby",
        topic="lullaby/set",
        text="`ON`, `OFF`, or a track's name: play or stop it now",
        kind="text",
        parse=_to_lullaby,
        path="/api/lullaby",
        key="lullaby",
        summary="Play or stop: ON, OFF, NEXT or a track.",
    ),
    CommandSpec(
        name="volume",
        topic="volume/set",
        text=f"{VOLUME.span}, percent of `lullaby.max_volume`",
        kind="number",
        limits=VOLUME,
        parse=SetVolume,
        path="/api/volume",
        key="volume",
        summary="In percent of lullaby.max_volume.",
    ),
    CommandSpec(
        name="snooze",
        topic="snooze/set",
        text=f"minutes, at most {SNOOZE.high:g}, without alarm and lullaby; 0 ends it",
        kind="number",
        limits=SNOOZE,
        parse=Snooze,
        path="/api/snooze",
        key="minutes",
        summary="Neither alarm nor lullaby; 0 ends it.",
        buttons=(Button("snooze_button", "Snooze 30 min", "mdi:sleep", "30"),),
    ),
    CommandSpec(
        name="threshold",
        topic="threshold/set",
        text=f"{THRESHOLD.span}, in place of `detection.threshold` until that is edited",
        kind="number",
        limits=THRESHOLD,
        parse=SetThreshold,
    ),
    CommandSpec(
        name="test",
        topic="command/test",
        text="anything: play the test tone, and say whether the microphone heard it",
        kind="any",
        parse=lambda _: PlayTestTone(),
        path="/api/selftest",
        key="value",
        summary="Play the test tone, and answer whether the microphone heard it. It takes three seconds.",
        buttons=(Button("test", "Test sound", "mdi:speaker-message", "PRESS", diagnostic=True),),
    ),
    CommandSpec(
        name="feedback",
        topic="feedback/set",
        text='`false`: the last alarm was not the baby; `true`: it was; `{"cry": null}`: take the mark back',
        kind="flag",
        parse=_to_feedback,
        path="/api/feedback",
        key="cry",
        mqtt_key="cry",
        options=("episode",),
        summary="Whether an episode was the baby, null to take the mark back; the last one where none is named.",
        buttons=(Button("false_alarm", "It was not my baby", "mdi:thumb-down-outline", "false"),),
    ),
    CommandSpec(
        name="alert",
        topic="alert/set",
        text="`ACK`: a parent has seen the alert; it is not repeated",
        kind="any",
        parse=_to_acknowledgement,
        path="/api/alert/ack",
        key="value",
        summary="A parent has seen the alert: it is not repeated. The value, if any, is ACK.",
        buttons=(Button("acknowledge", "Acknowledge alert", "mdi:bell-check", "ACK"),),
    ),
    CommandSpec(
        name="forget_sounds",
        topic="soothing/forget",
        text="anything: forget which sounds have calmed this baby, and begin to learn anew",
        kind="any",
        parse=lambda _: ForgetSounds(),
        path="/api/soothing/forget",
        key="forget",
        summary="Forget which sounds have calmed this baby.",
        buttons=(Button("forget_sounds", "Forget what calms", "mdi:restore", "PRESS", diagnostic=True),),
    ),
    CommandSpec(
        name="use_sound",
        topic="soothing/use",
        text='`{"sound": "rain", "use": "muted"}`: `first` of all, `muted`: never by itself, `auto`: in its turn',
        kind="text",
        parse=_to_use,
        path="/api/soothing/sound",
        key="sound",
        mqtt_key="sound",
        options=("use",),
        summary="Let a sound play first, in its turn or never by itself: first, auto, muted.",
    ),
)


def _known(names: Sequence[str]) -> str:
    """List known names: `"cry", "episode" and "transaction" are known`."""
    quoted = [f'"{each}"' for each in names]
    return f"{quoted[0]} is known" if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]} are known"
