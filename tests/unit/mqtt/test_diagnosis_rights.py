"""`doctor` at a broker that lets us in, but not do everything: the step that fails is named, and what it wants."""

import base64
import hashlib
import json
import os
from pathlib import Path

import pytest

from babycryd.mqtt.diagnosis import diagnose
from babycryd.mqtt.settings import MqttSettings
from tests.support.broker import PASSWORD, USERNAME, Broker
from tests.support.fakes.old_broker import OldBroker
from tests.support.publishing import settings_for

pytestmark = pytest.mark.broker

GOOD = [("broker: name", True), ("broker: connection", True), ("broker: TLS", None), ("broker: login", True)]


async def steps(mqtt: MqttSettings) -> tuple[list[tuple[str, bool | None]], str]:
    """What was found, and the last step's words."""
    found = [each async for each in diagnose(mqtt, PASSWORD, "nursery")]
    return [(each.what, each.good) for each in found], found[-1].text


class SubscribingRefused(Broker):
    """An access list cannot refuse a subscription, so it is mosquitto's plugin that does."""

    def _configure(self) -> None:
        plugins = list(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"))
        if not plugins:
            pytest.skip("no mosquitto_dynamic_security.so: it comes with Debian's mosquitto")
        super()._configure()
        conf = self.folder / "mosquitto.conf"
        rights = self.folder / "rights.json"
        plugin = f"plugin {plugins[0]}\nplugin_opt_config_file {rights}"
        conf.write_text(conf.read_text().replace(f"password_file {self.folder}/passwords", plugin))
        salt, rounds = os.urandom(12), 101
        secret = hashlib.pbkdf2_hmac("sha512", PASSWORD.encode(), salt, rounds)
        user = {"username": USERNAME, "iterations": rounds, "roles": []}
        user |= {"password": base64.b64encode(secret).decode(), "salt": base64.b64encode(salt).decode()}
        access = {"publishClientSend": True, "publishClientReceive": True, "subscribe": False, "unsubscribe": True}
        rights.write_text(json.dumps({"defaultACLAccess": access, "clients": [user], "groups": [], "roles": []}))
        rights.chmod(0o600)


async def test_a_broker_that_refuses_to_be_listened_to() -> None:
    with SubscribingRefused() as broker:
        found, text = await steps(settings_for(broker))
    assert found == [*GOOD, ("broker: subscribe", False)]
    assert "must let user 'babycryd' write and read below babycryd/nursery/" in text


@pytest.mark.parametrize(
    ("right", "part"),
    [
        ("read", "does not let us publish to babycryd/nursery/doctor/set (Not authorized)"),
        ("write", "did not come back"),
    ],
)
async def test_a_broker_whose_access_list_lacks_a_right(right: str, part: str, tmp_path: Path) -> None:
    (tmp_path / "acl").write_text(f"user {USERNAME}\ntopic {right} babycryd/nursery/#\n")
    with Broker(options=[f"acl_file {tmp_path / 'acl'}"]) as broker:
        found, text = await steps(settings_for(broker, timeout_s=5.0))
    assert found == [*GOOD, ("broker: subscribe", True), ("broker: publish", False)]
    assert part in text
    assert "must let user 'babycryd' write and read below babycryd/nursery/" in text


async def test_a_broker_that_hangs_up_after_the_login_fails_at_the_next_step() -> None:
    async with OldBroker(hangs_up=True) as old:
        found, text = await steps(MqttSettings("127.0.0.1", old.port))
    assert found == [*GOOD, ("broker: subscribe", False)]
    assert "did not answer" in text
