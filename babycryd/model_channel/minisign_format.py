"""PURE. The text formats of minisign: a public key, and a signature beside its file.

Both are described on https://jedisct1.github.io/minisign. Only signatures of the file's BLAKE2b hash are taken, which
minisign makes since 0.10.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

_KEY_BYTES: Final = 42  # algorithm 2, key id 8, Ed25519 key 32
_SIGNATURE_BYTES: Final = 74  # algorithm 2, key id 8, signature 64
_TRUSTED: Final = "trusted comment: "
_LINES: Final = 4


class SignatureError(Exception):
    """A key or a signature that is none, or that does not fit; the text says why."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Public key of who signs."""

    key_id: bytes  # 8 bytes
    ed25519: bytes  # 32 bytes


@dataclass(frozen=True, slots=True)
class Signature:
    """Signature of a file's hash, and of its own comment."""

    key_id: bytes  # 8 bytes
    of_hash: bytes  # 64 bytes, over the BLAKE2b-512 hash of the file
    comment: bytes  # trusted once `of_comment` fits
    of_comment: bytes  # 64 bytes, over `of_hash` and `comment`


def public_key(text: str) -> PublicKey:
    """Return the key in one line of base64, as it stands in `minisign.pub`. Raises SignatureError."""
    raw = _decoded(text.strip(), _KEY_BYTES)
    if raw is None or raw[:2] != b"Ed":
        raise SignatureError("is no public key of minisign: take the second line of minisign.pub")
    return PublicKey(raw[2:10], raw[10:])


def signature(content: bytes) -> Signature:
    """Return the signature in the content of a `.minisig` file. Raises SignatureError."""
    lines = content.decode("utf-8", "replace").removesuffix("\n").split("\n")
    if len(lines) != _LINES or not lines[2].startswith(_TRUSTED):
        raise SignatureError("is no signature of minisign, or only a part of one")
    raw, of_comment = _decoded(lines[1], _SIGNATURE_BYTES), _decoded(lines[3], 64)
    if raw is None or of_comment is None:
        raise SignatureError("is no signature of minisign, or only a part of one")
    if raw[:2] != b"ED":
        raise SignatureError("is of an old form: sign with minisign 0.10 or newer")
    return Signature(raw[2:10], raw[10:], lines[2].removeprefix(_TRUSTED).encode(), of_comment)


def _decoded(line: str, length: int) -> bytes | None:
    try:
        raw = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        return None
    is_only_form = len(raw) == length and base64.b64encode(raw).decode() == line
    return raw if is_only_form else None
