"""The editor: which file a change goes into, what it refuses, and what it keeps of the old file."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from babycryd.config.page_file import FILE
from babycryd.core.page_settings import ClosedSettingsError, SettingsRefusedError, StaleSettingsError
from babycryd.editing.editor import MOST_OLD, ConfigEditor
from babycryd.editing.first_start import SetUpFile, is_by_hand
from babycryd.editing.sensitivity import operating_points
from babycryd.editing.view import view_of

OWNERS = "# ours\ndetection:\n  threshold: 0.8  # the cat\n"


class Clock:
    """A calendar that a test turns."""

    def __init__(self) -> None:
        self.day = dt.date(2026, 11, 1)

    def __call__(self) -> dt.date:
        return self.day


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def editor(tmp_path: Path, clock: Clock) -> ConfigEditor:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "babycryd.yaml").write_text(OWNERS)
    return ConfigEditor(tmp_path / "config" / "babycryd.yaml", tmp_path / "state", clock)


def change(editor: ConfigEditor, **values: Any) -> None:
    editor.set_values(editor.texts().revision, {key.replace("__", "."): value for key, value in values.items()})


def text_of(editor: ConfigEditor) -> str:
    assert editor.path is not None
    return editor.path.read_text()


def test_a_change_goes_into_the_owners_file_with_its_comments(editor: ConfigEditor) -> None:
    change(editor, detection__threshold=0.65)
    assert text_of(editor) == OWNERS.replace("0.8", "0.65")
    assert not editor.page_path.exists()


def test_a_link_stays_a_link(editor: ConfigEditor, tmp_path: Path, clock: Clock) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(tmp_path / "config" / "babycryd.yaml")
    change(ConfigEditor(link, editor.folder, clock), detection__threshold=0.65)
    assert link.is_symlink()
    assert "0.65" in text_of(editor)


def closed(editor: ConfigEditor, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the file is root's, or stands on a read-only file system."""
    monkeypatch.setattr("babycryd.editing.editor.os.access", lambda *_: False)


def test_the_pages_own_file_counts_over_the_owners(editor: ConfigEditor, monkeypatch: pytest.MonkeyPatch) -> None:
    closed(editor, monkeypatch)
    change(editor, detection__threshold=0.65)
    assert text_of(editor) == OWNERS
    assert (editor.folder / FILE).stat().st_mode & 0o777 == 0o600
    texts = editor.texts()
    assert editor.settings(texts)[0].detection.threshold == 0.65
    shown = view_of(editor, texts, ["detection.threshold", "capture.device"])
    assert (shown["target"], shown["kept_in"]) == ("page", str(editor.page_path))
    assert shown["restart"] == ["detection.threshold"]
    found = shown["values"]["detection.threshold"]
    assert (found["value"], found["set_by"], found["in_file"]) == (0.65, "page", 0.8)
    monkeypatch.undo()
    change(editor, detection__threshold=0.7)  # once there, it is the one that counts
    assert text_of(editor) == OWNERS
    assert editor.settings(editor.texts())[0].detection.threshold == 0.7


def test_a_file_that_only_a_person_can_edit_stays_as_it_is(editor: ConfigEditor) -> None:
    assert editor.path is not None
    editor.path.write_text("detection: {threshold: 0.8}\nlullaby: {playlist: first,}\n")
    before = text_of(editor)
    change(editor, lullaby__enabled=False)
    assert text_of(editor) == before
    settings, _ = editor.settings(editor.texts())
    assert (settings.lullaby.enabled, settings.lullaby.playlist) == (False, "first")


def test_a_mount_that_cannot_be_replaced_is_left_alone(editor: ConfigEditor, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Path.replace

    def busy(self: Path, target: Path) -> Path:
        if target.name == "babycryd.yaml":
            raise OSError(16, "Device or resource busy", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", busy)
    change(editor, detection__threshold=0.65)
    assert text_of(editor) == OWNERS
    assert editor.settings(editor.texts())[0].detection.threshold == 0.65


def test_without_a_file_the_page_keeps_its_own(tmp_path: Path, clock: Clock) -> None:
    editor = ConfigEditor(None, tmp_path / "state", clock)
    change(editor, lullaby__quiet_hours="12:00-14:00")
    assert editor.settings(editor.texts())[0].lullaby.quiet_hours == "12:00-14:00"
    assert editor.page_path.read_text().startswith("# Settings made on babycryd's page.")


def test_two_tabs_do_not_lose_a_change_and_neither_does_an_editor(editor: ConfigEditor) -> None:
    revision = editor.texts().revision
    editor.set_values(revision, {"detection.threshold": 0.65})
    with pytest.raises(StaleSettingsError):
        editor.set_values(revision, {"lullaby.enabled": False})
    revision = editor.texts().revision
    assert editor.path is not None
    editor.path.write_text(text_of(editor) + "# a remark\n")
    with pytest.raises(StaleSettingsError):
        editor.set_values(revision, {"lullaby.enabled": False})
    assert "lullaby" not in text_of(editor)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("detection.threshold", 2, "must be a number from 0.05 to 0.99 (score), found 2"),
        ("detection.threshold", "0.5", "must be a number"),
        ("detection.threshold", float("nan"), "must be a finite number"),
        ("detection.threshold", True, "must be a number"),
        ("detection.threshold", None, "must be a number, a text, true or false"),
        ("lullaby.quiet_hours", "25:00-1", "25:00-1"),
        ("lullaby.quiet_hours", "a\nb", "printable"),
        ("lullaby.quiet_hours", "x" * 101, "at most 100 characters"),
        ("lullaby.max_dba", 90, "must be a number from 30 to 60 dB(A)"),
        ("notify.evening", "8 pm", "no time of day"),
        ("notify.language", "xx", "must be one of"),
        ("soothing.strategy", "louder", "must be one of"),
        ("capture.url", "rtsp://x/", "cannot be changed on the page"),
        ("lullaby.folder", "/etc", "cannot be changed on the page"),
        ("notify.services", [{"name": "x"}], "cannot be changed on the page"),
        ("web.password_file", "/etc/shadow", "cannot be changed on the page"),
        ("__proto__", 1, "cannot be changed on the page"),
        ("", 1, "cannot be changed on the page"),
    ],
)
def test_a_bad_value_is_named_and_changes_nothing(key: str, value: Any, said: str, editor: ConfigEditor) -> None:
    with pytest.raises(SettingsRefusedError) as refused:
        editor.set_values(editor.texts().revision, {"lullaby.enabled": False, key: value})
    assert [each.key for each in refused.value.faults] == [key]
    assert said in refused.value.faults[0].text
    assert text_of(editor) == OWNERS


def test_the_old_file_of_each_day_is_kept_and_ten_of_them(editor: ConfigEditor, clock: Clock) -> None:
    for number in range(MOST_OLD + 3):
        clock.day = dt.date(2026, 11, 1 + number)
        change(editor, detection__threshold=0.5 + number / 100)
        change(editor, lullaby__enabled=bool(number % 2))
    assert editor.path is not None
    kept = sorted(editor.path.parent.glob("*.old-*"))
    assert [each.name[-2:] for each in kept] == [f"{day:02d}" for day in range(4, 14)]
    assert "threshold: 0.52" in kept[0].read_text()
    assert editor.path.with_name("babycryd.yaml.old-2026-11-01").exists() is False


def test_the_first_copy_is_the_file_of_before_the_first_change(editor: ConfigEditor) -> None:
    change(editor, detection__threshold=0.6)
    change(editor, detection__threshold=0.5)
    assert editor.path is not None
    assert editor.path.with_name("babycryd.yaml.old-2026-11-01").read_text() == OWNERS


def test_a_page_file_with_a_mistake_is_set_aside_by_the_next_change(editor: ConfigEditor) -> None:
    editor.folder.mkdir()
    editor.page_path.write_text("detection: {threshold: high}\n")
    texts = editor.texts()
    assert "high" in str(view_of(editor, texts, [])["fault"])
    change(editor, detection__threshold=0.6)
    assert editor.settings(editor.texts()) == (editor.settings(editor.texts())[0], "")
    assert [each.name.split(".broken-")[0] for each in editor.folder.glob("*.broken-*")] == [FILE]


def test_a_configuration_with_a_mistake_is_left_to_its_owner(editor: ConfigEditor) -> None:
    assert editor.path is not None
    editor.path.write_text("detection: {threshold: high}\n")
    with pytest.raises(ClosedSettingsError, match="high"):
        change(editor, detection__threshold=0.6)
    editor.path.write_bytes(b"\xff")
    with pytest.raises(ClosedSettingsError, match="UTF-8"):
        editor.texts()


def test_a_state_folder_that_cannot_be_written_is_told(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(ClosedSettingsError):
        change(ConfigEditor(None, tmp_path / "state", clock), detection__threshold=0.6)


def test_a_configuration_by_hand_sets_more_than_access_to_the_page(editor: ConfigEditor) -> None:
    settings, _ = editor.settings(editor.texts())
    assert is_by_hand(settings)
    assert editor.path is not None
    editor.path.write_text("state_dir: /x\nweb: {port: 99}\nlog: {level: debug}\n")
    assert not is_by_hand(editor.settings(editor.texts())[0])


def test_the_first_steps_are_noted(tmp_path: Path) -> None:
    file = SetUpFile(tmp_path / "state")
    assert not file.is_there
    file.write("skipped")
    assert file.is_there


def test_the_points_of_the_page_are_those_of_the_model_card() -> None:
    card = Path("docs/model-card.md").read_text()
    for second_opinion, title in ((True, "both"), (False, "the first stage alone")):
        points = operating_points(second_opinion=second_opinion)
        default = next(each for each in points if each.threshold == 0.77)
        row = next(line for line in card.splitlines() if line.startswith(f"| {title}, default 0.77 |"))
        assert row.startswith(f"| {title}, default 0.77 | {default.recall:.3f} (")
        assert f"| {default.lively_per_hour:.2f} (" in row
        assert f"| {default.calm_per_hour:.3f} (" in row
        assert [each.recall for each in points] == sorted((each.recall for each in points), reverse=True)
