"""Whole configuration: the settings of every room, and those that belong to no room."""

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
from babycryd.echo.settings import EchoSettings
from babycryd.feedback.settings import FeedbackSettings
from babycryd.history.settings import HistorySettings
from babycryd.listen_in.settings import ListenInSettings
from babycryd.model_channel.settings import ModelChannelSettings
from babycryd.monitoring.self_test_schedule import SelfTestSettings
from babycryd.mqtt.settings import MqttSettings
from babycryd.notify.settings import NotifySettings
from babycryd.offload.settings import OffloadSettings
from babycryd.overview.settings import OverviewSettings
from babycryd.report.baby_buddy.settings import BabyBuddySettings
from babycryd.report.settings import ReportSettings
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.soothing_settings import SoothingSettings
from babycryd.web.settings import WebSettings

VERSION = 1  # of the file; `config/migrate.py` brings older ones up to it
# Fits an MQTT topic, a bucket's object name and a host name
DeviceId = Annotated[str, Form("[a-z0-9_-]{0,64}", "up to 64 of a-z, 0-9, _ and -")]


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """Name and room of this device."""

    id: DeviceId = setting(
        "",
        "Name of this device in topics and files; empty: `nursery-` and eight characters of this computer's own.",
        example="nursery",
    )
    room: str = setting("", "Name of the room that the device is in.", live=True, example="Nursery")


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Level and format of the log."""

    level: Literal["debug", "info", "warning", "error"] = setting(
        "info", "Writes only messages of this level or above.", live=True
    )
    format: Literal["text", "json"] = setting("text", "One line of text or one JSON object per message.")


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, by section."""

    config_version: int = setting(
        VERSION, "Version of this file; it changes when keys are renamed.", low=VERSION, high=VERSION
    )
    state_dir: str = setting(
        "",
        "Folder for what is kept across restarts; empty takes $STATE_DIRECTORY, else ~/.local/state/babycryd.",
        names="path",
        example="/var/lib/babycryd",
    )
    device: DeviceSettings = setting(DeviceSettings, "Name and room of this device.")
    capture: CaptureSettings = setting(CaptureSettings, "Source of the sound.")
    detection: DetectionSettings = setting(DetectionSettings, "Detection of crying.")
    feedback: FeedbackSettings = setting(FeedbackSettings, "Learning from this home.")
    self_test: SelfTestSettings = setting(SelfTestSettings, "Test of the microphone with a chirp from the own speaker.")
    lullaby: LullabySettings = setting(LullabySettings, "Music that soothes: what is played, how loud and how long.")
    soothing: SoothingSettings = setting(SoothingSettings, "Order of the sounds, and when it gives up.")
    echo: EchoSettings = setting(EchoSettings, "Hearing a cry through the own music.")
    mqtt: MqttSettings = setting(MqttSettings, "Connection to the home's broker; without a host, no MQTT.")
    notify: NotifySettings = setting(NotifySettings, "Alerts to your phones, and when the page and MQTT show one.")
    offload: OffloadSettings = setting(
        OffloadSettings, "Scoring in your Google Cloud while this computer is too busy; off by default."
    )
    model_channel: ModelChannelSettings = setting(
        ModelChannelSettings, "New models from a bucket or folder of yours, signed and tried; off by default."
    )
    history: HistorySettings = setting(HistorySettings, "Records of the nights: times and figures, no sound.")
    clips: ClipSettings = setting(ClipSettings, "Recordings of episodes, on this computer only; off by default.")
    listen_in: ListenInSettings = setting(
        ListenInSettings, "Live sound of the room for page and players; off by default, never recorded."
    )
    report: ReportSettings = setting(ReportSettings, "Report of the night, every morning.")
    baby_buddy: BabyBuddySettings = setting(
        BabyBuddySettings, "Nights for Baby Buddy, the baby's diary, every morning; off by default."
    )
    web: WebSettings = setting(WebSettings, "Live page and HTTP interface.")
    overview: OverviewSettings = setting(
        OverviewSettings, "Overview of all rooms of the home, on the page under Rooms; off by default."
    )
    log: LogSettings = setting(LogSettings, "Log of the daemon.")


_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


def device_id(settings: Settings, machine_ids: Sequence[Path] = _MACHINE_IDS) -> str:
    """Return `device.id`, or a name that is unique to this computer and stays the same."""
    if settings.device.id:
        return settings.device.id
    for path in machine_ids:
        try:
            machine = path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if len(machine) == 32:  # else not yet initialised: machine-id(5)
            # A hash: machine-id(5) asks to keep the id itself secret
            return f"nursery-{hashlib.sha256(f'babycryd {machine}'.encode()).hexdigest()[:8]}"
    return "nursery"


def state_folder(settings: Settings, environ: Mapping[str, str]) -> Path:
    """Return the folder of `state_dir`, or its default. It need not exist yet."""
    # systemd separates several folders with colons; ours is the first
    given = settings.state_dir or environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(given or "~/.local/state/babycryd").expanduser()
