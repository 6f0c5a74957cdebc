"""PURE. The offer of a model: the signed list of its files with their checksums, and what it needs of babycryd."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from babycryd.detect.features import FEATURES

OFFER: Final = "channel.json"
SIGNATURE: Final = "channel.json.minisig"
SCHEMA: Final = 1
MODEL, CARD, CRIES, SECOND = "cry.tflite", "cry.json", "cries.f16", "second.json"
NEEDED: Final = (MODEL, CARD, CRIES)
LARGEST_BYTES: Final = {MODEL: 8_000_000, CARD: 1_000_000, CRIES: 4_000_000, SECOND: 100_000}
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class OfferError(Exception):
    """An offer that cannot be taken; the text says why."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Offer of one model. Its name is the checksum of its classifier."""

    serial: int  # grows with every offer, so that an old one cannot be passed off as new
    files: dict[str, str]  # SHA-256 of each file, by name

    @property
    def sha256(self) -> str:
        """Name of the model: the SHA-256 of its classifier."""
        return self.files[MODEL]


def offer_of(content: bytes) -> Offer:
    """Return the offer in the content of `channel.json`, whose signature was checked. Raises OfferError."""
    try:
        told = json.loads(content)
        schema, features, serial, files = (told[key] for key in ("schema", "features", "serial", "files"))
    except (ValueError, KeyError, TypeError, RecursionError) as broken:
        raise OfferError(f"{OFFER} is no offer of a model: {broken!r}") from broken
    if schema != SCHEMA:
        raise OfferError(f"{OFFER} is of form {schema}, and this babycryd reads form {SCHEMA}: update babycryd")
    if features != FEATURES:
        raise OfferError(
            f"the model needs version {features} of the features, and this babycryd computes version {FEATURES}: "
            + ("update babycryd" if isinstance(features, int) and features > FEATURES else "train it anew")
        )
    if not isinstance(serial, int) or not _are_files(files):
        raise OfferError(f"{OFFER} needs a whole number as serial, and the checksums of {', '.join(NEEDED)}")
    return Offer(serial, dict(files))


def offer_text(serial: int, files: dict[str, str]) -> bytes:
    """Return the content of `channel.json` for these files."""
    told = {"schema": SCHEMA, "features": FEATURES, "serial": serial, "files": files}
    return (json.dumps(told, indent=1) + "\n").encode()


def _are_files(files: Any) -> bool:
    """Return whether these are names of ours with checksums: no other name may become a path."""
    if not isinstance(files, dict) or not set(NEEDED) <= files.keys() <= LARGEST_BYTES.keys():
        return False
    return all(isinstance(each, str) and _SHA256.fullmatch(each) for each in files.values())
