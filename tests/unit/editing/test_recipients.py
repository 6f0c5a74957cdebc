"""Recipients made on the page: their secrets are kept for the daemon alone, and shown to no one."""

import datetime as dt
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from babycryd.config.access import secret_reader
from babycryd.core.page_settings import NewRecipient, SettingsRefusedError, StaleSettingsError
from babycryd.editing.editor import ConfigEditor
from babycryd.editing.recipients import add, listed, remove
from babycryd.editing.view import view_of
from babycryd.notify.sender import account_of

SECRET = "tk-9f3"  # noqa: S105
PHONE = NewRecipient("phone", "ntfy", "nursery-9f3", SECRET, 2.0)


@pytest.fixture(params=["file", "page"])
def editor(request: pytest.FixtureRequest, tmp_path: Path) -> ConfigEditor:
    path = tmp_path / "babycryd.yaml"
    if request.param == "file":
        path.write_text("notify:\n  services:\n    - name: grandma  # by hand\n      service: ntfy\n")
    return ConfigEditor(path if request.param == "file" else None, tmp_path / "state", lambda: dt.date(2026, 11, 1))


def test_a_recipient_is_told_and_its_secrets_are_shown_to_no_one(editor: ConfigEditor) -> None:
    add(editor, editor.texts().revision, PHONE)
    settings, _ = editor.settings(editor.texts())
    account = account_of(settings.notify.services[-1], "", secret_reader({}))
    assert (account.address, account.token, account.url) == ("nursery-9f3", SECRET, "https://ntfy.sh")
    files = sorted(editor.folder.glob("recipient-*"))
    assert [(each.name, stat.S_IMODE(each.stat().st_mode)) for each in files] == [
        ("recipient-phone-address", 0o600),
        ("recipient-phone-token", 0o600),
    ]
    for shown in (str(view_of(editor, editor.texts(), [])), repr(PHONE), str(editor.texts())):
        assert SECRET not in shown
        assert PHONE.address not in shown


def test_it_can_be_removed_and_those_by_hand_cannot(editor: ConfigEditor) -> None:
    before = editor.texts()
    add(editor, editor.texts().revision, PHONE)
    found = {each.name: (each.of_page, each.after_min) for each in listed(editor, editor.texts())}
    assert found["phone"] == (True, 2.0)
    remove(editor, editor.texts().revision, "phone")
    assert editor.texts().file == before.file
    assert not list(editor.folder.glob("recipient-*"))
    for name in ("grandma", "phone"):
        with pytest.raises(SettingsRefusedError):
            remove(editor, editor.texts().revision, name)


def test_names_that_begin_alike_keep_their_secrets(editor: ConfigEditor) -> None:
    for name in ("phone", "phone-2"):
        add(editor, editor.texts().revision, replace(PHONE, name=name))
    remove(editor, editor.texts().revision, "phone")
    assert len(list(editor.folder.glob("recipient-phone-2-*"))) == 2


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"name": "../x"}, "name"),
        ({"name": ""}, "name"),
        ({"service": "webhook", "address": "http://router/"}, "service"),
        ({"service": "gotify"}, "service"),
        ({"address": "a b"}, "address"),
        ({"address": "a\nb"}, "address"),
        ({"address": ""}, "address"),
        ({"token": "t\n"}, "token"),
        ({"service": "telegram", "token": ""}, "token"),
        ({"after_min": 1e9}, "notify.services"),
    ],
)
def test_a_bad_one_is_refused_and_leaves_nothing(changed: dict[str, Any], key: str, editor: ConfigEditor) -> None:
    before = editor.texts()
    with pytest.raises(SettingsRefusedError) as refused:
        add(editor, before.revision, replace(PHONE, **changed))
    assert refused.value.faults[0].key.startswith(key)
    assert editor.texts() == before
    assert not list(editor.folder.glob("recipient-*"))


def test_a_name_stands_once_and_a_stale_page_adds_nothing(editor: ConfigEditor) -> None:
    revision = editor.texts().revision
    add(editor, revision, PHONE)
    with pytest.raises(SettingsRefusedError):
        add(editor, editor.texts().revision, PHONE)
    with pytest.raises(StaleSettingsError):
        add(editor, revision, replace(PHONE, name="tablet"))
    assert len(list(editor.folder.glob("recipient-*"))) == 2
