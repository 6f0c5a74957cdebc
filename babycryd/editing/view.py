"""View of the settings for the page: values, limits, where they come from, and what keeps them from being changed."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import reduce
from typing import Any

from babycryd.config import Settings
from babycryd.config.declared import Declared, choices, keys_of
from babycryd.config.page_file import PAGE_KEYS, PAGE_SERVICES, values_of
from babycryd.editing.editor import ConfigEditor, Texts
from babycryd.editing.recipients import listed
from babycryd.editing.sensitivity import operating_points


def view_of(editor: ConfigEditor, texts: Texts, restart: Sequence[str]) -> dict[str, Any]:
    """Return the settings, JSON-ready and without secrets. `restart`: keys that wait for one. Raises as `settings`."""
    settings, fault = editor.settings(texts)
    of_file, of_page = values_of(texts.file), values_of(None if fault else texts.page)
    target = editor.target(texts)
    return {
        "revision": texts.revision,
        "kept_in": str(editor.path if target == "file" else editor.page_path),
        "target": target,
        "configuration": str(editor.path) if texts.file is not None else None,
        "fault": fault or None,
        "restart": [key for key in restart if key in PAGE_KEYS or key == "notify.services"],
        "values": {
            each.key: _value(each, settings) | _origin(each.key, of_file, of_page)
            for each in keys_of(Settings)
            if each.key in PAGE_KEYS
        },
        "sensitivity": [asdict(each) for each in operating_points(second_opinion=settings.detection.second_opinion)],
        "recipients": [asdict(each) for each in listed(editor, texts)],
        "services": list(PAGE_SERVICES),
    }


def _value(each: Declared, settings: Settings) -> dict[str, Any]:
    return {
        "value": reduce(getattr, each.path, settings),
        "default": each.default,
        "live": each.about.live,
        "low": each.about.low,
        "high": each.about.high,
        "unit": each.about.unit,
        "choices": choices(each.kind),
    }


def _origin(key: str, of_file: dict[str, Any], of_page: dict[str, Any]) -> dict[str, Any]:
    """Return who set a key: the page's file, the configuration, or no one; and what the configuration says under it."""
    if key in of_page:
        return {"set_by": "page", "in_file": of_file.get(key)}
    return {"set_by": "file" if key in of_file else "default", "in_file": of_file.get(key)}
