"""Contents of a backup: which files of the state folder, and which that the configuration names."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from babycryd.config import Settings, page_file
from babycryd.config.declared import fields_of, keys_of
from babycryd.control import controls, loudness
from babycryd.feedback import home_store
from babycryd.feedback import store as feedback_store
from babycryd.history import database
from babycryd.notify import web_push
from babycryd.offload import ledger
from babycryd.soothe import memory_store
from babycryd.soothe.library import VOICES
from babycryd.web.auth import passwords

CONFIG: Final = "config/babycryd.yaml"
STATE: Final = "state/"
VOICE: Final = f"state/{VOICES}/"
SECRET: Final = "secrets/"  # noqa: S105  # and the key of the setting that names the file
HISTORY: Final = database.FILE
DATABASES: Final = (HISTORY, ledger.FILE)
SMALL: Final = (
    feedback_store.FILE,
    feedback_store.RECENT,
    home_store.FILE,
    memory_store.FILE,
    loudness.FILE,
    controls.FILE,
    page_file.FILE,
)
SECRET_STATE: Final = (passwords.FILE, web_push.FILE)  # push.json has the private key of Web Push
# What stays out: sessions, and what waits for broker and phones, which a second machine would send again
KEPT_STATE: Final = (*DATABASES, *SMALL)


def secret_files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Yield key and path of each file with a secret or a certificate that the settings name."""
    for each in keys_of(Settings):
        value: Any = functools.reduce(getattr, each.path, settings)
        if each.item is None:
            yield from _named(each.key, value)
            continue
        for number, item in enumerate(value):
            for field in fields_of(each.item):
                yield from _named(f"{each.key}[{number}].{field.path[-1]}", getattr(item, field.path[-1]))


def _named(key: str, value: Any) -> Iterator[tuple[str, Path]]:
    if value and key.endswith("_file"):
        yield key, Path(str(value)).expanduser()
