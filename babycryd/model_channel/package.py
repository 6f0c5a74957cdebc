"""Package of a model: the files of one model in a folder, each compared with its checksum in the signed offer."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from babycryd.detect.scoring import EMBEDDING
from babycryd.detect.second_tflite import shipped_second_opinion
from babycryd.detect.stirring import FussHead
from babycryd.detect.tflite import ModelError, TfliteClassifier, fuss_head_of
from babycryd.model_channel.minisign_format import SignatureError
from babycryd.model_channel.offer import (
    CARD,
    CRIES,
    LARGEST_BYTES,
    MODEL,
    OFFER,
    SECOND,
    SIGNATURE,
    OfferError,
    offer_of,
)
from babycryd.model_channel.signatures import require_signed
from babycryd.system.plain_files import read_small

LARGEST_OFFER: int = 64_000
LARGEST_SIGNATURE: int = 4_000


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """Model with all that belongs to it."""

    classifier: TfliteClassifier
    fussing: FussHead | None
    second_card: bytes | None  # of the second opinion's sum; None: it is not calibrated for this model

    @property
    def sha256(self) -> str:
        """Name of the model."""
        return self.classifier.sha256


def read_package(folder: Path, key: str) -> ModelPackage:
    """Return the model in a folder, its signature by `key` and its checksums compared. Raises ModelError."""
    try:
        signed = read_small(folder / OFFER, LARGEST_OFFER)
        require_signed(signed, read_small(folder / SIGNATURE, LARGEST_SIGNATURE), key)
        files = offer_of(signed).files
        contents = {name: read_small(folder / name, LARGEST_BYTES[name]) for name in files}
    except SignatureError as wrong:
        raise ModelError(f"{folder}: the signature of the model {wrong}") from wrong
    except (OSError, OfferError) as broken:
        raise ModelError(f"{folder}: the model cannot be read: {broken}") from broken
    for name, content in contents.items():
        require_checksum(name, content, files[name])
    return package_of(contents, str(folder / MODEL))


def require_checksum(name: str, content: bytes, sha256: str) -> None:
    """Return where the content has this checksum. Raises ModelError."""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ModelError(f"{name} is damaged, or only a part of it: its checksum is not that of the offer")


def package_of(contents: dict[str, bytes], name: str) -> ModelPackage:
    """Return the model in the contents of its files. `name`: for errors. Raises ModelError."""
    try:
        card: Any = json.loads(contents[CARD])
        cries = np.frombuffer(contents[CRIES], np.float16).reshape(-1, EMBEDDING)
    except ValueError as broken:
        raise ModelError(f"{name}: {CARD} or {CRIES} cannot be understood: {broken}") from broken
    if not isinstance(card, dict) or not len(cries) or not np.isfinite(cries).all():
        raise ModelError(f"{name}: {CARD} is no card, or {CRIES} holds no embeddings of cries")
    if card.get("sha256") != hashlib.sha256(contents[MODEL]).hexdigest():
        raise ModelError(f"{name}: {CARD} describes another model")
    if (second := contents.get(SECOND)) is not None:
        shipped_second_opinion(card=second)  # raises, where it is calibrated for another network
    return ModelPackage(TfliteClassifier(contents[MODEL], name, cries), fuss_head_of(card), second)
