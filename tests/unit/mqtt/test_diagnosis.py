"""What `doctor` finds out on the way to the broker: the first step that fails, and its remedy."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from babycryd.mqtt.diagnosis import diagnose
from babycryd.mqtt.error_texts import OLDER_LACKS
from babycryd.mqtt.settings import MqttSettings
from tests.support.broker import PASSWORD, Broker
from tests.support.fakes.old_broker import OldBroker
from tests.support.patience import until
from tests.support.ports import free_port
from tests.support.publishing import expect, logged, publishing, settings_for

pytestmark = pytest.mark.broker


async def found(mqtt: MqttSettings, password: str = PASSWORD) -> list[tuple[str, bool | None, str]]:
    return [(each.what, each.good, each.text) async for each in diagnose(mqtt, password, "nursery")]


def with_certificate(broker: Broker) -> MqttSettings:
    folder: Path = broker.folder
    return replace(settings_for(broker, tls=True), cert_file=folder / "client.pem", key_file=folder / "client.key")


async def test_every_step_to_a_good_broker_is_good(broker: Broker) -> None:
    steps = await found(settings_for(broker))
    assert [(what, good) for what, good, _ in steps] == [
        ("broker: name", True),
        ("broker: connection", True),
        ("broker: TLS", None),
        ("broker: login", True),
        ("broker: subscribe", True),
        ("broker: publish", True),
    ]


async def test_an_old_broker_passes_too() -> None:
    async with OldBroker() as old:
        steps = await found(MqttSettings("127.0.0.1", old.port, timeout_s=2.0))
    welcome = f"it welcomes a client without a user name, in MQTT 3.1.1 (in MQTT 5 it refused): {OLDER_LACKS}"
    assert ("broker: login", True, welcome) in steps
    assert steps[-1][:2] == ("broker: publish", False)  # for this one forgets every message


@pytest.mark.parametrize(
    ("mqtt", "step", "part"),
    [
        (MqttSettings("nobody.invalid"), "broker: name", "the name 'nobody.invalid' is unknown"),
        (MqttSettings("127.0.0.1", free_port()), "broker: connection", "nothing answers"),
    ],
)
async def test_an_address_that_leads_nowhere(mqtt: MqttSettings, step: str, part: str) -> None:
    what, good, text = (await found(mqtt))[-1]
    assert (what, good) == (step, False)
    assert part in text


async def test_a_wrong_password_is_a_matter_of_the_login(broker: Broker) -> None:
    what, good, text = (await found(settings_for(broker), "not this one"))[-1]
    assert (what, good) == ("broker: login", False)
    assert "mqtt.password_file" in text
    assert "not this one" not in text


async def test_an_unknown_authority_is_a_matter_of_tls() -> None:
    with Broker(tls=True) as broker:
        what, good, text = (await found(replace(settings_for(broker, tls=True), ca_file=None)))[-1]
    assert (what, good) == ("broker: TLS", False)
    assert "mqtt.ca_file" in text


async def test_a_client_certificate_opens_the_door_and_a_missing_one_is_named(log: pytest.LogCaptureFixture) -> None:
    with Broker(tls=True, wants_certificates=True) as broker:
        assert (await found(with_certificate(broker)))[-1][:2] == ("broker: publish", True)
        assert (await found(settings_for(broker, tls=True)))[-1][:2] == ("broker: TLS", False)
        async with publishing(settings_for(broker, tls=True)):
            assert "set mqtt.cert_file" in await logged(log, "no MQTT for now")


async def test_a_client_certificate_unknown_to_the_broker_is_named() -> None:
    with Broker(tls=True, wants_certificates=True) as broker, Broker(tls=True, wants_certificates=True) as other:
        stranger = replace(with_certificate(broker), ca_file=other.folder / "ca.pem", port=other.port)
        what, good, text = (await found(stranger))[-1]
        assert (what, good) == ("broker: TLS", False)
        assert "does not accept our certificate" in text


async def test_a_key_with_a_password_is_named(tmp_path: Path) -> None:
    with Broker(tls=True, wants_certificates=True) as broker:
        locked = tmp_path / "locked.key"
        lock(broker.folder / "client.key", locked)
        what, good, text = (await found(replace(with_certificate(broker), key_file=locked)))[-1]
        assert (what, good) == ("broker: TLS", False)
        assert "the key is encrypted" in text


@pytest.mark.parametrize(("from_days", "to_days", "part"), [(1, 9, "is not yet valid"), (-9, -1, "has expired")])
async def test_a_certificate_of_another_time_is_a_matter_of_clocks(from_days: int, to_days: int, part: str) -> None:
    broker = Broker(tls=True)
    date_certificate(broker.folder, timedelta(from_days), timedelta(to_days))
    with broker:
        what, good, text = (await found(settings_for(broker, tls=True)))[-1]
    assert (what, good) == ("broker: TLS", False)
    assert f"(certificate {part}): is this computer's clock right" in text


async def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "note.pem").write_text("no certificate")
    files = {
        "ca_file": (("gone.pem", "No such file"), ("note.pem", "there is no certificate in it"), ("", "a folder")),
        "cert_file": (("gone.pem", "No such file"), ("note.pem", "PEM")),
        "key_file": (("gone.key", "No such file"), ("../ca.pem", "")),
    }
    with Broker(tls=True, wants_certificates=True) as broker:
        mqtt = with_certificate(broker)
        for key, cases in files.items():
            for name, why in cases:
                path = tmp_path / name if not name.startswith("..") else broker.folder / "ca.pem"
                what, good, text = (await found(replace(mqtt, **{key: path})))[-1]  # type: ignore[arg-type]
                assert (what, good) == ("broker: TLS", False)
                assert f"mqtt.{key} {path}" in text
                assert why in text


def date_certificate(folder: Path, begin: timedelta, end: timedelta) -> None:
    """The broker's, made anew by the same authority; from and until when, from now."""
    key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    old = x509.load_pem_x509_certificate((folder / "server.pem").read_bytes())
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    now = datetime.now(UTC)
    new = x509.CertificateBuilder(old.issuer, old.subject, old.public_key(), old.serial_number)
    new = new.not_valid_before(now + begin).not_valid_after(now + end)
    names = old.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    signed = new.add_extension(names, critical=False).sign(key, hashes.SHA256())
    (folder / "server.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))


def lock(key: Path, locked: Path) -> None:
    options = ("-aes256", "-passout", "pass:secret", "-out", locked)
    subprocess.run(("openssl", "pkey", "-in", key, *options), check=True, capture_output=True)


async def test_home_assistants_birth_makes_everything_be_told_again(broker: Broker) -> None:
    with broker.subscriber() as subscriber:
        async with publishing(settings_for(broker)):
            await expect(subscriber, "status", "online")
            broker.publish("homeassistant/status", "online")
            await expect(subscriber, "status", "online", times=2)
            await expect(subscriber, "cry", "OFF", times=2)


async def test_a_frozen_broker_is_noticed_though_nothing_happens(
    broker: Broker, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("babycryd.mqtt.publisher.HEARTBEAT_S", 0.5)
    monkeypatch.setattr("babycryd.mqtt.publisher._CLOSE_LIMIT_S", 1.0)
    async with publishing(settings_for(broker, timeout_s=2.0)) as running:
        await until(lambda: running.publisher.trouble is None and running.publisher.waiting == 0)
        broker.freeze()
        log.clear()
        try:
            assert "did not answer" in await logged(log, "no MQTT for now")
        finally:
            broker.thaw()
