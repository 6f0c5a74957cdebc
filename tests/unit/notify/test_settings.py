"""The section `notify:` as an owner writes it: a list of services, its mistakes, and what the bundle shows of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.cli.common.bundle import DoctorRun, _config, _secrets
from babycryd.config import ConfigError, Settings
from babycryd.config.examination import examined
from babycryd.config.load import settings_from
from babycryd.notify.settings import NotifySettings, ServiceSettings

GOOD = """
notify:
  language: de
  page_url: https://nursery.example.org
  evening: "20:00"
  services:
    - name: phone
      address_file: {folder}/topic
    - name: father
      service: gotify
      url: https://gotify.example.org
      token_file: {folder}/token
      after_min: 5
"""


def problems(text: str) -> str:
    with pytest.raises(ConfigError) as error:
        settings_from(text, "f.yaml", Settings)
    return str(error.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("topic", "token"):
        (tmp_path / name).write_text(f"planted-{name}\n")
        (tmp_path / name).chmod(0o600)
    return tmp_path


def test_a_list_of_services_is_read(folder: Path) -> None:
    notify = settings_from(GOOD.format(folder=folder), "f.yaml", Settings).notify
    assert [(each.name, each.service, each.after_min) for each in notify.services] == [
        ("phone", "ntfy", 0.0),
        ("father", "gotify", 5.0),
    ]
    assert notify.services[0].address_file == folder / "topic"
    assert notify.language == "de"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("services: [{name: phone, servce: ntfy}]", "services[0].servce (line 2): unknown key; did you mean 'service'"),
        ("services: [null]", "must have a name each"),
        ("services: [{name: phone, service: ntfi}]", "did you mean 'ntfy'"),
        ("services: [{name: phone, after_min: soon}]", "notify.services[0].after_min (line 2): must be a number"),
        ("services: [{name: The Phone}]", "notify.services[0].name (line 2): must be 1 to 24 of a-z"),
        ("services: [{service: ntfy}]", "must be 1 to 24 of a-z"),
        ("services: [{name: a}, {name: a}]", "must have different names; there is more than one a"),
        ("services: [{name: a, service: gotify}]", "must be the address of your server"),
        ("services: [{name: a, service: webhook, url: http://x}]", "has no effect with service: webhook"),
        ("services: [{name: a, url: 'https://me:pw@ntfy.sh'}]", "without user, password"),
        ("services: phone", "must be a list of sections"),
        ("evening: late", "'late' is no time of day such as 20:00"),
        ("page_url: nursery.local", "must be an address such as https://"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_at_its_place(text: str, said: str) -> None:
    assert said in problems(f"notify:\n  {text}\n")


def test_check_config_tells_of_missing_secrets(folder: Path) -> None:
    config = folder / "f.yaml"
    config.write_text(GOOD.format(folder=folder))
    assert examined(config, {}) == []
    (folder / "topic").unlink()
    with pytest.raises(ConfigError) as error:
        examined(config, {})
    assert "notify.services[0]" in str(error.value)
    assert "cannot be read" in str(error.value)


def test_secrets_may_be_credentials_of_systemd(folder: Path) -> None:
    config = folder / "f.yaml"
    config.write_text("notify: {services: [{name: phone}]}\n")
    with pytest.raises(ConfigError, match="the credential notify_phone_address"):
        examined(config, {})
    (folder / "notify_phone_address").write_text("topic\n")
    assert examined(config, {"CREDENTIALS_DIRECTORY": str(folder)}) == []


def test_the_bundle_knows_the_secrets_and_shows_their_files_only(folder: Path) -> None:
    service = ServiceSettings("phone", address_file=folder / "topic", token_file=folder / "token")
    settings = replace(Settings(), notify=NotifySettings(services=(service,)))
    assert {"planted-topic", "planted-token"} <= set(_secrets(settings, {}))
    shown = _config(DoctorRun(settings, None, str(folder / "none"), ""), {})
    assert "notify.services[0].name: phone" in shown
    assert f"notify.services[0].address_file: {folder / 'topic'}" in shown
