"""Configuration: the owner's YAML, found, read, checked, and given to the rooms as frozen dataclasses."""

from babycryd.config.changes import changed
from babycryd.config.errors import ConfigError, Problem
from babycryd.config.load import find_config, load, schema, settings_from
from babycryd.config.reader import ConfigReader, load_in_force
from babycryd.config.secrets import read_secret
from babycryd.config.sections import DeviceSettings, LogSettings, Settings, device_id, state_folder

__all__ = [
    "ConfigError",
    "ConfigReader",
    "DeviceSettings",
    "LogSettings",
    "Problem",
    "Settings",
    "changed",
    "device_id",
    "find_config",
    "load",
    "load_in_force",
    "read_secret",
    "schema",
    "settings_from",
    "state_folder",
]
