"""`check-config` tells every mistake at once: of single values, between keys, and on this computer."""

from pathlib import Path

import pytest

from babycryd.config import ConfigError, Settings, load
from babycryd.config.declared import keys_of
from babycryd.config.examination import examined

EVERYTHING = """\
state_dir: {folder}/file/state
capture: {{source: recording, file: {folder}/none.wav, channel: 99}}
lullaby: {{folder: {folder}/none, max_volume: 7, quiet_hours: late}}
mqtt:
  host: mqtt://broker:1883
  port: 99999
  tls: perhaps
  password_file: {folder}/none
offload: {{enabled: true, key_file: {folder}/file}}
web:
  host: 0.0.0.0
  cert_file: {folder}/none
  key_file: {folder}/none
  trusted_proxies: [x, y]
nonsense: 1
"""


def problems(folder: Path, text: str) -> list[str]:
    path = folder / "babycryd.yaml"
    path.write_text(text.format(folder=folder))
    with pytest.raises(ConfigError) as caught:
        examined(path, {"STATE_DIRECTORY": str(folder)})
    return [str(each).replace(str(folder), "") for each in caught.value.problems]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("no key")
    (tmp_path / "file").chmod(0o600)
    return tmp_path


def test_every_mistake_is_told_at_once_in_the_order_of_lines(folder: Path) -> None:
    found = problems(folder, EVERYTHING)
    keys = [each.partition(":")[0] for each in found]
    assert sorted(keys) == sorted(
        [
            "state_dir (line 1)",
            "capture.channel (line 2)",
            "capture.file (line 2)",
            "lullaby.folder (line 3)",
            "lullaby.max_volume (line 3)",
            "lullaby.quiet_hours (line 3)",
            "mqtt.host (line 5)",
            "mqtt.port (line 6)",
            "mqtt.tls (line 7)",
            "mqtt.password_file (line 8)",
            "mqtt.password_file (line 8)",
            "offload.bucket (line 9)",
            "offload.key_file (line 9)",
            "web.host (line 11)",
            "web.cert_file (line 12)",
            "web.trusted_proxies (line 14)",
            "web.trusted_proxies (line 14)",
            "nonsense (line 15)",
        ]
    )
    assert [int(each.partition("line ")[2].partition(")")[0]) for each in found] == sorted(
        int(each.partition("line ")[2].partition(")")[0]) for each in found
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("state_dir: {folder}/file", "state_dir (line 1): /file is no folder"),
        ("state_dir: ~no-such-user/x", "state_dir (line 1): begins with the home folder of a user who does not exist"),
        ("lullaby: {{folder: {folder}/file}}", "lullaby.folder (line 1): /file cannot be read: Not a directory"),
        ("capture: {{file: {folder}}}", "capture.file (line 1):  is no plain file; name a recording"),
        (
            "mqtt: {{host: a, username: b, password_file: {folder}/none}}",
            "mqtt.password_file (line 1): /none: cannot be read: No such file or directory",
        ),
        (
            "mqtt: {{host: a, tls: true, ca_file: {folder}/file}}",
            "mqtt.ca_file (line 1): cannot read mqtt.ca_file /file",
        ),
        (
            "mqtt: {{host: a, tls: true, cert_file: {folder}/file, key_file: {folder}/file}}",
            "mqtt.cert_file (line 1): cannot use mqtt.cert_file /file",
        ),
        (
            "offload: {{enabled: true, bucket: ours, key_file: {folder}/file}}",
            "offload.key_file (line 1): /file: is no service account's key (JSON)",
        ),
        ("web: {{password_file: {folder}/file}}", "web.password_file (line 1): /file: holds no hash of a password"),
        (
            "capture: {{url: 'rtsp://cam/x', password_file: {folder}/none}}",
            "capture.password_file (line 1): /none: cannot be read: No such file or directory",
        ),
        ("web: {{host: 0.0.0.0}}", "web.host (line 1): '0.0.0.0' lets others in, and there is no password"),
    ],
)
def test_what_a_key_names_is_looked_at(folder: Path, text: str, said: str) -> None:
    (found,) = problems(folder, text)
    assert found.startswith(said)


def test_a_key_that_breaks_a_rule_and_names_no_file_is_told_both(folder: Path) -> None:
    text = """\
mqtt:
  host: broker
  password_file: {folder}/none
  ca_file: {folder}/file
  cert_file: ~/none/such.pem
capture: {{source: recording}}
"""
    assert problems(folder, text) == [
        "mqtt.password_file (line 3): needs a username as well",
        "mqtt.password_file (line 3): /none: no such file or folder",
        "mqtt.ca_file (line 4): has no effect without tls: true",
        "mqtt.cert_file (line 5): has no effect without tls: true",
        "mqtt.cert_file (line 5): and key_file go together; set both or neither",
        f"mqtt.cert_file (line 5): {Path.home()}/none/such.pem: no such file or folder",
        "capture.file (line 6): is needed with source: recording; name the recording to play",
    ]


def test_what_is_switched_off_is_not_looked_at(folder: Path) -> None:
    path = folder / "babycryd.yaml"
    path.write_text(
        f"mqtt: {{username: b, password_file: {folder}/none}}\noffload: {{key_file: {folder}/none}}\n"
        f"web: {{enabled: false, host: 0.0.0.0, password_file: {folder}/none}}\n"
        f"capture: {{source: microphone, file: {folder}/none}}\n"
    )
    assert examined(path, {"STATE_DIRECTORY": str(folder)}) == []


def test_behind_a_proxy_that_logs_in_no_password_is_needed(folder: Path) -> None:
    path = folder / "babycryd.yaml"
    path.write_text("web: {host: 0.0.0.0, trusted_proxies: [172.30.32.2], proxy_logs_in: true}\n")
    assert examined(path, {"STATE_DIRECTORY": str(folder)}) == []


def test_the_defaults_are_good(folder: Path) -> None:
    assert examined(None, {"STATE_DIRECTORY": str(folder)}) == []


@pytest.mark.parametrize(
    "bucket", ["gs://ours/x", "https://storage.googleapis.com/ours", "Ours", "a", "ours/x", "our s"]
)
def test_a_bucket_is_named_as_google_allows(folder: Path, bucket: str) -> None:
    (found,) = problems(folder, f"offload: {{{{bucket: '{bucket}'}}}}")
    assert found.startswith("offload.bucket (line 1): ")


def test_every_text_that_names_a_thing_outside_is_declared_so() -> None:
    texts = {each.key for each in keys_of(Settings) if each.kind in (str, str | None) and not each.about.names}
    assert texts == {
        "device.room",
        "capture.url",  # checked by a rule of its own, which quotes nothing of it
        "lullaby.quiet_hours",
        "clips.consent",
        "listen_in.consent",
        "notify.evening",
        "notify.page_url",
        "report.evening",
        "report.morning",
        "baby_buddy.url",
    }


@pytest.mark.parametrize("url", ["rtsp://anna:hunter2@cam/x", "rtsp://cam/\u00a0hunter2", "http://cam/?pwd=hunter2"])
def test_a_secret_in_a_url_is_refused_and_not_quoted(folder: Path, url: str) -> None:
    (found,) = problems(folder, f"capture: {{{{url: '{url}'}}}}")
    assert found.startswith("capture.url (line 1): ")
    assert "hunter2" not in found


def test_a_setting_that_cannot_be_what_it_names_does_not_load(folder: Path) -> None:
    path = folder / "babycryd.yaml"
    path.write_text("capture: {device: 'USB\u00a0Audio'}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"capture.device \(line 1\): 'USB\[U\+00A0\]Audio' holds a character"):
        load(path)
