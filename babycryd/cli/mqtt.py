"""Remove what babycryd has left at the broker: its device in Home Assistant, and every retained topic.

examples:
  babycryd mqtt unpublish          the device disappears from Home Assistant, and every retained topic with it
Stop the daemon first: a running one publishes them again.
"""

import argparse
import asyncio
import os
import sys

from babycryd.cli.common.configured import EXIT_CONFIG, add_config_argument, with_settings
from babycryd.config import ConfigError, Settings, device_id, read_secret

HELP = "remove this device from the broker and Home Assistant"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["unpublish"], help="empty every retained topic of this device")
    parser.add_argument("--force", action="store_true", help="go on even if the daemon seems to run")
    add_config_argument(parser)


def execute(arguments: argparse.Namespace) -> int:
    return with_settings(arguments, lambda settings: _unpublish(settings, force=arguments.force))


def _unpublish(settings: Settings, *, force: bool) -> int:
    if not settings.mqtt.host:
        sys.stderr.write("babycryd mqtt: mqtt.host is not set, so nothing was ever published\n")
        return EXIT_CONFIG
    import aiomqtt

    from babycryd.mqtt.login import why
    from babycryd.mqtt.unpublish import StillRunning, unpublish

    name = device_id(settings)
    try:
        password = read_secret("mqtt_password", settings.mqtt.password_file, os.environ)
        count = asyncio.run(unpublish(settings.mqtt, password, name, force=force))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CONFIG
    except StillRunning:
        sys.stderr.write(
            f"babycryd mqtt: {name} is online and would publish all of it again; "
            "stop it first (systemctl stop babycryd), or say --force\n"
        )
        return 1
    except (OSError, UnicodeError, aiomqtt.MqttError) as error:
        sys.stderr.write(f"babycryd mqtt: {why(error, settings.mqtt)}\n")
        return 1
    sys.stdout.write(f"{name}: {count} retained topics emptied; Home Assistant forgets the device\n")
    return 0
