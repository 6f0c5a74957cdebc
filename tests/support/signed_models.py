"""Signed models: a key as of minisign, and a folder that offers a model as `training.cloud.sign` does."""

import base64
import hashlib
import json
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from babycryd.model_channel.offer import CARD, CRIES, MODEL, OFFER, SIGNATURE, offer_text
from tests.support.cloud import ROOT

MODELS = ROOT / "babycryd" / "detect" / "models"


class Signer:
    """Key pair of a test."""

    def __init__(self) -> None:
        self._key, self._id = Ed25519PrivateKey.generate(), os.urandom(8)
        self.public = base64.b64encode(b"Ed" + self._id + self._key.public_key().public_bytes_raw()).decode()

    def signature(self, content: bytes, comment: str = "made by a test") -> bytes:
        of_hash = self._key.sign(hashlib.blake2b(content).digest())
        first = base64.b64encode(b"ED" + self._id + of_hash).decode()
        second = base64.b64encode(self._key.sign(of_hash + comment.encode())).decode()
        return f"untrusted comment: of a test\n{first}\ntrusted comment: {comment}\n{second}\n".encode()


def another_model(number: int = 1) -> dict[str, bytes]:
    """Files of a model with a name of its own, which scores as the shipped one does."""
    model = (MODELS / MODEL).read_bytes() + number.to_bytes(16, "big")  # the runtime ignores what follows
    card = json.loads((MODELS / CARD).read_text()) | {"sha256": hashlib.sha256(model).hexdigest()}
    return {MODEL: model, CARD: json.dumps(card).encode(), CRIES: (MODELS / CRIES).read_bytes()}


def offer(folder: Path, signer: Signer, files: dict[str, bytes], serial: int = 1) -> str:
    """Writes the files, their offer and its signature; returns the model's name."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    below = folder / sums[MODEL]
    below.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (below / name).write_bytes(content)
    told = offer_text(serial, sums)
    (folder / OFFER).write_bytes(told)
    (folder / SIGNATURE).write_bytes(signer.signature(told))
    return sums[MODEL]


def kept_package(folder: Path, signer: Signer, files: dict[str, bytes]) -> str:
    """Writes a model as the store keeps it, into a folder of its name below `folder`; returns the name."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    below = folder / sums[MODEL]
    below.mkdir(parents=True)
    told = offer_text(1, sums)
    for name, content in (files | {OFFER: told, SIGNATURE: signer.signature(told)}).items():
        (below / name).write_bytes(content)
    return sums[MODEL]
