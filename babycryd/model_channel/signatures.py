"""Check of a minisign signature; `cryptography`, of the extra `models`, is loaded with the first check."""

import hashlib

from babycryd.model_channel.minisign_format import SignatureError, public_key, signature


def require_signed(content: bytes, signed: bytes, key: str) -> None:
    """Return where `signed`, the content of a `.minisig` file, is the signature of `content` by `key`.

    Raises SignatureError.
    """
    ours, found = public_key(key), signature(signed)
    if found.key_id != ours.key_id:
        raise SignatureError("is of another key than model_channel.public_key")
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError as missing:
        raise SignatureError("cannot be checked: pip install 'babycryd[models]'") from missing
    try:
        verifier = Ed25519PublicKey.from_public_bytes(ours.ed25519)
        verifier.verify(found.of_hash, hashlib.blake2b(content).digest())
        verifier.verify(found.of_comment, found.of_hash + found.comment)
    except InvalidSignature:
        raise SignatureError("does not fit: the file was changed after it was signed") from None
