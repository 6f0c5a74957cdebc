"""Recipients made on the page: their secrets stand in files of their own in the state folder."""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from babycryd.config.page_file import PAGE_SERVICES, RECIPIENT, SERVICES, is_of_page, recipients_of
from babycryd.core.page_settings import ClosedSettingsError, NewRecipient, SettingFault, SettingsRefusedError
from babycryd.editing.editor import ConfigEditor, Texts
from babycryd.editing.yaml_edit import EditError, add_item, remove_item
from babycryd.system.files import write_whole

_NAME: Final = re.compile("[a-z0-9_-]{1,24}")
_SECRET: Final = re.compile(r"[!-~]{1,200}")  # one line of printable ASCII without blanks, as the services give them


@dataclass(frozen=True, slots=True)
class ListedRecipient:
    """Recipient as the page shows it; the service's address and token are secrets and stay where they are."""

    name: str
    service: str
    after_min: float
    of_page: bool  # made on the page, which may remove it


def listed(editor: ConfigEditor, texts: Texts) -> list[ListedRecipient]:
    """Return every recipient of the settings in force. Raises ClosedSettingsError."""
    settings, fault = editor.settings(texts)
    own = {str(each["name"]) for each in _own(editor, replace(texts, page=None) if fault else texts)}
    return [
        ListedRecipient(each.name, each.service, each.after_min, each.name in own) for each in settings.notify.services
    ]


def add(editor: ConfigEditor, revision: str, new: NewRecipient) -> None:
    """Keep a recipient and its secrets; where the settings refuse it, the secrets are deleted. Raises as `apply`."""
    if faults := list(_faults(new)):
        raise SettingsRefusedError(faults)
    if any(each.name == new.name for each in listed(editor, editor.texts())):
        raise SettingsRefusedError([SettingFault("name", "is the name of another recipient")])
    paths = _files(editor, new.name)
    if not new.token:
        del paths["token_file"]
    _write({paths[key]: new.token if key == "token_file" else new.address for key in paths})
    item: dict[str, Any] = {"name": new.name, "service": new.service, **{key: str(at) for key, at in paths.items()}}
    if new.after_min:
        item["after_min"] = new.after_min
    try:
        editor.apply(revision, [lambda text: add_item(text, *SERVICES, item)])
    except BaseException:
        _delete(paths.values())
        raise


def remove(editor: ConfigEditor, revision: str, name: str) -> None:
    """Remove a recipient that was made on the page, and its secrets. Raises as `apply`."""

    def without(text: str) -> str:
        numbers = [number for number, each in enumerate(recipients_of(text)) if each["name"] == name]
        if not numbers:
            raise EditError("the recipient stands in another file")
        return remove_item(text, *SERVICES, numbers[0])

    if not any(each.name == name and each.of_page for each in listed(editor, editor.texts())):
        raise SettingsRefusedError([SettingFault("name", "is no recipient that was made on the page")])
    editor.apply(revision, [without])
    _delete(_files(editor, name).values())


def _own(editor: ConfigEditor, texts: Texts) -> Iterator[dict[str, Any]]:
    """Yield the recipients that the page made in the file that it changes now."""
    text = texts.page if editor.target(texts) == "page" else texts.file
    yield from (each for each in recipients_of(text) if is_of_page(each, editor.folder))


def _files(editor: ConfigEditor, name: str) -> dict[str, Path]:
    """Return where the secrets of a recipient stand, by key."""
    kinds = ("address", "token")
    return {f"{kind}_file": editor.folder / f"{RECIPIENT}{name}-{kind}" for kind in kinds}


def _write(files: Mapping[Path, str]) -> None:
    """Write secrets, readable by this user alone. Raises ClosedSettingsError."""
    try:
        for path, secret in files.items():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, f"{secret}\n".encode(), mode=0o600)
    except OSError as error:
        _delete(files)
        raise ClosedSettingsError(f"{error.filename} cannot be written: {error.strerror}") from error


def _faults(new: NewRecipient) -> Iterator[SettingFault]:
    """Yield what is wrong with a recipient, by the names of its fields."""
    if not _NAME.fullmatch(new.name):
        yield SettingFault("name", "must be 1 to 24 of a-z, 0-9, _ and -, for example phone")
    if new.service not in PAGE_SERVICES:
        yield SettingFault("service", f"must be one of {', '.join(PAGE_SERVICES)}")
    if not _SECRET.fullmatch(new.address):
        yield SettingFault("address", "must be one word without blanks, as the service shows it")
    if new.token and not _SECRET.fullmatch(new.token):
        yield SettingFault("token", "must be one word without blanks, as the service shows it")
    if not new.token and new.service in ("pushover", "telegram"):
        yield SettingFault("token", f"is needed by {new.service}")


def _delete(paths: Iterable[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
