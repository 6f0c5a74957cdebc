"""Web Push: the encryption of RFC 8291, the signature of RFC 8292, subscriptions, and answers of push services."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from babycryd.core.command_values import CommandError
from babycryd.notify.message import Home, message_of
from babycryd.notify.push_encryption import (
    BrowserKeys,
    Ephemeral,
    _derived,
    authorization,
    encrypted,
    from_base64,
    new_key,
    point,
    private_key,
    to_base64,
)
from babycryd.notify.web_push import FILE, MOST, PushBook, is_push_service
from tests.unit.notify.test_queue import UTC_S, notice

MESSAGE = message_of(notice(), Home("nursery"), UTC_S, over=False, token="one-time")  # noqa: S106


class Phone:
    """A browser with its keys, which decrypts what it gets as RFC 8291 says."""

    def __init__(self) -> None:
        self._key = generate_private_key(SECP256R1())
        self.keys = BrowserKeys(point(self._key), b"0123456789abcdef")

    def subscription(self, endpoint: str) -> dict[str, Any]:
        keys = {"p256dh": to_base64(self.keys.p256dh), "auth": to_base64(self.keys.auth)}
        return {"endpoint": endpoint, "expirationTime": None, "keys": keys}

    def decrypted(self, body: bytes) -> bytes:
        salt, length = body[:16], body[20]
        sender, content = body[21 : 21 + length], body[21 + length :]
        secret = self._key.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), sender))
        material = _derived(secret, self.keys.auth, b"WebPush: info\0" + self.keys.p256dh + sender, 32)
        key = _derived(material, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _derived(material, salt, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(key).decrypt(nonce, content, None)
        assert plain.endswith(b"\x02")
        return plain[:-1]


def test_the_example_of_rfc_8291() -> None:
    browser = BrowserKeys(
        from_base64("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        from_base64("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    ours = private_key(from_base64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
    body = encrypted(
        b"When I grow up, I want to be a watermelon", browser, Ephemeral(ours, from_base64("DGv6ra1nlYgDCS1FRnbzlw"))
    )
    assert to_base64(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_the_signature_names_the_push_service_and_can_be_checked() -> None:
    key = new_key()
    header = authorization("https://fcm.googleapis.com/fcm/send/abc", key, "mailto:a@b.example", UTC_S)
    token, _, public = header.removeprefix("vapid t=").partition(", k=")
    head, claims, signature = token.split(".")
    assert json.loads(from_base64(claims)) == {
        "aud": "https://fcm.googleapis.com", "exp": int(UTC_S) + 43_200, "sub": "mailto:a@b.example",
    }  # fmt: skip
    raw = from_base64(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    signer = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), from_base64(public))
    signer.verify(der, f"{head}.{claims}".encode(), ECDSA(SHA256()))


@pytest.mark.parametrize(
    ("endpoint", "allowed"),
    [
        ("https://fcm.googleapis.com/fcm/send/x", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/x", True),
        ("https://web.push.apple.com/x", True),
        ("https://db5p.notify.windows.com/w/?token=x", True),
        ("http://fcm.googleapis.com/x", False),
        ("https://fcm.googleapis.com:8443/x", False),
        ("https://evil-fcm.googleapis.com.example/x", False),
        ("https://me@fcm.googleapis.com/x", False),
        ("https://192.168.1.1/x", False),
        ("https://[/x", False),
    ],
)
def test_only_push_services_are_called(endpoint: str, allowed: bool) -> None:  # noqa: FBT001
    assert is_push_service(endpoint) is allowed


@pytest.fixture
async def service() -> AsyncIterator["PushService"]:
    async with PushService() as running:
        yield running


class PushService:
    """A push service on loopback, which answers `status`."""

    status = 201

    async def __aenter__(self) -> Self:
        self.got: list[tuple[dict[str, str], bytes]] = []
        app = web.Application()
        app.router.add_post("/push/{id}", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.endpoint = f"http://127.0.0.1:{self._runner.addresses[0][1]}/push/planted-subscription"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        self.got.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status)


async def test_a_message_reaches_the_browser_encrypted(service: PushService, tmp_path: Path) -> None:
    phone, book = Phone(), PushBook(tmp_path, lambda _: True)
    public = await book.key()
    await book.add(phone.subscription(service.endpoint))
    ((name, sender),) = book.senders().items()
    assert "planted" not in name
    assert (await sender.send(MESSAGE)).kind == "accepted"
    headers, body = service.got[0]
    fields = json.loads(phone.decrypted(body))
    assert (fields["title"], fields["id"], fields["button"]) == ("The baby is crying", MESSAGE.id, "I have seen it")
    assert "one-time" not in str(fields)
    assert (headers["Urgency"], headers["Content-Encoding"]) == ("high", "aes128gcm")
    assert headers["Authorization"].endswith(f"k={public}")
    assert len(headers["Topic"]) == 32


async def test_a_subscription_that_the_browser_has_ended_is_deleted(service: PushService, tmp_path: Path) -> None:
    book = PushBook(tmp_path, lambda _: True)
    await book.key()
    await book.add(Phone().subscription(service.endpoint))
    (sender,) = book.senders().values()
    service.status = 503
    assert (await sender.send(MESSAGE)).kind == "failed"
    service.status = 410
    assert (await sender.send(MESSAGE)).kind == "impossible"
    assert not book.senders()
    assert (await sender.send(MESSAGE)).kind == "impossible"
    assert not PushBook(tmp_path).senders()


async def test_key_and_subscriptions_outlive_a_restart_in_a_file_of_the_daemon_alone(tmp_path: Path) -> None:
    book = PushBook(tmp_path, lambda _: True)
    key = await book.key()
    await book.add(Phone().subscription("https://push.example/1"))
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    again = PushBook(tmp_path)
    assert await again.key() == key
    assert again.senders().keys() == book.senders().keys()
    await again.remove("https://push.example/1")
    await again.remove("https://push.example/1")
    assert not PushBook(tmp_path).senders()


async def test_a_damaged_file_costs_the_subscriptions_only(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"key": "zz"}')
    book = PushBook(tmp_path)
    assert not book.senders()
    assert await book.key()


async def test_bad_subscriptions_are_refused_and_the_oldest_of_many_ends(tmp_path: Path) -> None:
    book = PushBook(tmp_path)
    good = Phone().subscription("https://fcm.googleapis.com/x")
    for bad in (
        {},
        {**good, "endpoint": "https://router.local/reboot"},
        {**good, "endpoint": "https://fcm.googleapis.com/" + 2000 * "x"},
        {**good, "keys": {"p256dh": "AAAA", "auth": "AAAA"}},
        {**good, "keys": None},
        {**good, "keys": {"p256dh": 7, "auth": 7}},
    ):
        with pytest.raises(CommandError):
            await book.add(bad)
    for number in range(MOST + 1):
        await book.add({**good, "endpoint": f"https://fcm.googleapis.com/{number}"})
    assert len(book.senders()) == MOST


async def test_the_longest_message_fits(tmp_path: Path) -> None:
    book = PushBook(tmp_path, lambda _: True)
    await book.key()
    await book.add(Phone().subscription("https://push.example/1"))
    long = replace(MESSAGE, text=500 * "ü", device=64 * "x")
    body = book.request("https://push.example/1", long).content
    assert body is not None
    assert len(body) < 4096
