"""The settings that the page made: they count over the configuration, hold few keys, and never stop the listening."""

from pathlib import Path

import pytest

from babycryd.config import ConfigError, ConfigReader, Settings, load_in_force
from babycryd.config.page_file import FILE, page_file_status, with_page_file

CONFIG = """
detection: {threshold: 0.8}
notify:
  services:
    - name: grandma
      service: ntfy
"""


def layered(page: str, folder: Path) -> Settings:
    return with_page_file(CONFIG, page, folder / FILE)


def test_what_the_page_sets_counts_over_the_configuration(tmp_path: Path) -> None:
    settings = layered("detection: {threshold: 0.65}\nlullaby: {quiet_hours: 08:00-19:00}", tmp_path)
    assert (settings.detection.threshold, settings.lullaby.quiet_hours) == (0.65, "08:00-19:00")


def test_its_recipients_come_after_those_of_the_configuration(tmp_path: Path) -> None:
    page = f"notify: {{services: [{{name: phone, service: ntfy, address_file: {tmp_path}/recipient-phone-address}}]}}"
    assert [each.name for each in layered(page, tmp_path).notify.services] == ["grandma", "phone"]
    assert layered("", tmp_path).notify.services[0].name == "grandma"


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("capture: {url: rtsp://x/}", r"capture\.url \(line 1\): may not stand in the page's file"),
        ("clips: {enabled: true}", r"clips\.enabled"),
        ("detection: {threshold: 2}", r"detection\.threshold \(line 1\): must be a number"),
        ("detection: 3", "detection"),
        ("- 1", "must be sections"),
        ("a: [", "line"),
        ("notify: {services: [{name: phone, service: webhook, address_file: /etc/shadow}]}", "no recipient"),
        ("notify: {services: [{name: phone, service: ntfy, address_file: STATE/recipient-x/../y}]}", "no recipient"),
        ("notify: {services: [{name: phone, service: ntfy, url: http://router/}]}", "no recipient"),
        ("notify: {services: [{name: grandma, service: ntfy}]}", r"there is more than one grandma"),
        ("notify: {services: [1]}", "no recipient"),
        ("notify: {services: 1}", "must be"),
    ],
)
def test_it_may_hold_nothing_else(page: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        layered(page.replace("STATE", str(tmp_path)), tmp_path)


def test_one_with_a_mistake_is_left_out_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    config = tmp_path / "babycryd.yaml"
    config.write_text(f"state_dir: {tmp_path}\ndetection: {{threshold: 0.8}}\n")
    (tmp_path / FILE).write_text("detection: {threshold: high}\n")
    assert load_in_force(config, {}).detection.threshold == 0.8
    assert "the settings of the page are left out" in caplog.text
    status = page_file_status(config.read_text(), Settings(state_dir=str(tmp_path)), {})
    assert status is not None
    assert "left out" in str(status)


def test_it_is_read_at_the_start_and_at_each_reload_also_without_a_configuration(tmp_path: Path) -> None:
    environ = {"STATE_DIRECTORY": str(tmp_path)}
    reader = ConfigReader(None, environ, tmp_path / "none.yaml")
    assert reader.read() == Settings()
    (tmp_path / FILE).write_text("lullaby: {enabled: false}\n")
    assert not reader.read().lullaby.enabled


def test_its_status_names_what_it_sets(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("lullaby: {enabled: false}\n")
    status = page_file_status("", Settings(state_dir=str(tmp_path)), {})
    assert status is not None
    assert str(status) == f"{tmp_path / FILE}, written by the page, counts over the configuration: lullaby.enabled"
    assert page_file_status("", Settings(state_dir=f"{tmp_path}/none"), {}) is None
