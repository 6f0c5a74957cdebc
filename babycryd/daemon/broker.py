"""Component of the broker: publishes the events of the daemon over MQTT, and takes commands."""

import os
import socket

from babycryd.config import Settings, device_id, read_secret
from babycryd.core.events import WindowScored
from babycryd.core.supervision import Work
from babycryd.daemon.vital_parts import Core


def mqtt_module(settings: Settings) -> str | None:
    """Return the heavy module of the publisher, where there is a broker."""
    return "babycryd.mqtt.publisher" if settings.mqtt.host else None


def build_mqtt(settings: Settings, core: Core) -> Work | None:
    """Build the MQTT publisher and its commands, where there is a broker. Raises ConfigError."""
    if not settings.mqtt.host:
        return None
    from babycryd.mqtt.discovery import AnnouncedDevice
    from babycryd.mqtt.outbox_store import FILE, OutboxStore
    from babycryd.mqtt.publisher import MqttPublisher

    password = read_secret("mqtt_password", settings.mqtt.password_file, os.environ)
    store = OutboxStore(core.folder / FILE)
    home = AnnouncedDevice(
        device_id(settings),
        settings.device.room,
        core.soothing.tracks,
        settings.report.language,
        page_address(settings),
    )
    events = core.bus.subscribe("mqtt", unhurried=(WindowScored,))
    publisher = MqttPublisher(settings.mqtt, password, home, events, core.dispatcher.dispatch, store, core.bus.publish)
    core.status.broker = lambda: publisher.trouble
    core.status.broker_answers = lambda: publisher.is_connected
    core.status.outbox = lambda: (publisher.waiting, publisher.dropped)
    core.on_reload.append(publisher.reload)
    core.on_tracks.append(publisher.use_tracks)
    return Work(publisher.run, publisher.close)


def page_address(settings: Settings) -> str:
    """Return the address at which other computers reach the page; empty where they do not, or it is not known."""
    web = settings.web
    if settings.notify.page_url or not web.enabled or web.is_local:
        return settings.notify.page_url
    name = socket.gethostname()
    host = (name if "." in name else f"{name}.local") if web.host in ("0.0.0.0", "::") else web.host  # noqa: S104
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if web.cert_file else 'http'}://{shown}:{web.port}/"
