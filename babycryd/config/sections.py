"""The whole configuration: what belongs to no room, and every room's settings put together."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from babycryd.capture.settings import CaptureSettings
from babycryd.clips.settings import ClipSettings
from babycryd.config.declared import Form
from babycryd.core.setting import setting
from babycryd.detect.settings import DetectionSettings
from babycryd.history.settings import HistorySettings
from babycryd.monitoring.self_test_schedule import SelfTestSettings
from babycryd.mqtt.settings import MqttSettings
from babycryd.offload.settings import OffloadSettings
from babycryd.report.settings import ReportSettings
from babycryd.soothe.settings import LullabySettings
from babycryd.web.settings import WebSettings

VERSION = 1  # of the file's form; `config/migrate.py` knows how to get there
# Fits an MQTT topic, a bucket's object name and a host name
DeviceId = Annotated[str, Form("[a-z0-9_-]{0,64}", "up to 64 of a-z, 0-9, _ and -")]


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    id: DeviceId = setting(
        "",
        "Name of this device in topics and files; empty: `nursery-` and eight characters of this computer's own.",
        example="nursery",
    )
    room: str = setting("", "The room it stands in, as people call it.", live=True, example="Nursery")


@dataclass(frozen=True, slots=True)
class LogSettings:
    level: Literal["debug", "info", "warning", "error"] = setting(
        "info", "Messages less important than this are not written.", live=True
    )
    format: Literal["text", "json"] = setting("text", "One line of text or one JSON object per message.")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the owner can set."""

    config_version: int = setting(
        VERSION, "The form of this file; it changes when keys are renamed.", low=VERSION, high=VERSION
    )
    state_dir: str = setting(
        "",
        "Folder for what is kept across restarts; empty takes $STATE_DIRECTORY, else ~/.local/state/babycryd.",
        example="/var/lib/babycryd",
    )
    device: DeviceSettings = setting(DeviceSettings, "Which device this is.")
    capture: CaptureSettings = setting(CaptureSettings, "Where sound comes from.")
    detection: DetectionSettings = setting(DetectionSettings, "What counts as crying.")
    self_test: SelfTestSettings = setting(
        SelfTestSettings, "How the daemon proves that its microphone hears, by its own speaker."
    )
    lullaby: LullabySettings = setting(LullabySettings, "What is played, how loud and how long.")
    mqtt: MqttSettings = setting(MqttSettings, "How the home hears of it; without a host, no MQTT.")
    offload: OffloadSettings = setting(
        OffloadSettings, "Judging sounds in your Google Cloud while this computer is too busy; off by default."
    )
    history: HistorySettings = setting(
        HistorySettings, "What is remembered of the nights: times and figures, no sound."
    )
    clips: ClipSettings = setting(ClipSettings, "Recordings of episodes, on this computer only; off by default.")
    report: ReportSettings = setting(ReportSettings, "How the night was, told every morning.")
    web: WebSettings = setting(WebSettings, "What may be asked over HTTP.")
    log: LogSettings = setting(LogSettings, "What the daemon writes about itself.")


_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


def device_id(settings: Settings, machine_ids: Sequence[Path] = _MACHINE_IDS) -> str:
    """`device.id`, or one that no other computer has and this one always."""
    if settings.device.id:
        return settings.device.id
    for path in machine_ids:
        try:
            machine = path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if len(machine) == 32:  # else not yet initialised: machine-id(5)
            # Never the id itself, which machine-id(5) asks to keep
            return f"nursery-{hashlib.sha256(f'babycryd {machine}'.encode()).hexdigest()[:8]}"
    return "nursery"


def state_folder(settings: Settings, environ: Mapping[str, str]) -> Path:
    """The folder of `state_dir`, or its default. It need not exist yet."""
    # systemd separates several folders with colons; ours is the first
    given = settings.state_dir or environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(given or "~/.local/state/babycryd").expanduser()
