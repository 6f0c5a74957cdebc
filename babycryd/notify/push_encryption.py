"""Encryption of Web Push messages (RFC 8291) and the signature of their sender (VAPID, RFC 8292).

Import it only where there is a subscription: it needs `cryptography`, the extra `push`.
"""

import base64
import json
import os
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY_BYTES: Final = 32
POINT_BYTES: Final = 65  # an uncompressed point of P-256
AUTH_BYTES: Final = 16
LARGEST: Final = 3000  # bytes of a message; every push service takes 4,096 encrypted
_RECORD: Final = 4096  # bytes; the whole message is one record
_LAST: Final = b"\x02"  # delimiter of the last record (RFC 8188)


@dataclass(frozen=True, slots=True)
class BrowserKeys:
    """Keys of a subscription, from the browser."""

    p256dh: bytes  # POINT_BYTES: its public key
    auth: bytes  # AUTH_BYTES: a secret that it shares with us


@dataclass(frozen=True, slots=True)
class Ephemeral:
    """Random parts of one message."""

    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    salt: bytes = field(default_factory=lambda: os.urandom(16))


def encrypted(plain: bytes, browser: BrowserKeys, ephemeral: Ephemeral | None = None) -> bytes:
    """Return the body of a request with `Content-Encoding: aes128gcm`. Raises ValueError for keys that are none."""
    ephemeral = ephemeral or Ephemeral()
    theirs = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), browser.p256dh)
    ours = point(ephemeral.key)
    secret = ephemeral.key.exchange(ECDH(), theirs)
    material = _derived(secret, browser.auth, b"WebPush: info\0" + browser.p256dh + ours, 32)
    key = _derived(material, ephemeral.salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(material, ephemeral.salt, b"Content-Encoding: nonce\0", 12)
    head = ephemeral.salt + _RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return head + AESGCM(key).encrypt(nonce, plain + _LAST, None)


def authorization(endpoint: str, key: bytes, contact: str, utc_s: float) -> str:
    """Return the header `Authorization`, valid for twelve hours. `contact`: a URL, also `mailto:`, of ours."""
    signer = private_key(key)
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(utc_s) + 12 * 3600, "sub": contact}
    head = to_base64(b'{"typ":"JWT","alg":"ES256"}') + "." + to_base64(json.dumps(claims).encode())
    r, s = decode_dss_signature(signer.sign(head.encode(), ECDSA(SHA256())))
    signature = r.to_bytes(KEY_BYTES, "big") + s.to_bytes(KEY_BYTES, "big")
    return f"vapid t={head}.{to_base64(signature)}, k={to_base64(point(signer))}"


def new_key() -> bytes:
    """Return a new private key of the application server, KEY_BYTES long."""
    return generate_private_key(SECP256R1()).private_numbers().private_value.to_bytes(KEY_BYTES, "big")


def private_key(key: bytes) -> EllipticCurvePrivateKey:
    """Return the private key in these bytes. Raises ValueError."""
    return derive_private_key(int.from_bytes(key, "big"), SECP256R1())


def point(key: EllipticCurvePrivateKey) -> bytes:
    """Return the public key of a private one, POINT_BYTES long."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def to_base64(content: bytes) -> str:
    """Return bytes as base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def from_base64(text: str) -> bytes:
    """Return the bytes in base64url with or without padding. Raises ValueError."""
    return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)
