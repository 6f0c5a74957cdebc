"""Consent of a home: a file beside its clips, without which none of them may leave for a bucket.

`cloud-consent.txt` has two lines: the sentence of `sentence(BUCKET)`, which names the bucket, and a name for the home
that tells nothing about it (a-z, 0-9 and -, up to 32).
"""

import re
from pathlib import Path
from typing import Final

from training.cloud.storage import CloudError

FILE: Final = "cloud-consent.txt"
_NAME: Final = re.compile(r"[a-z0-9-]{1,32}")


def sentence(bucket: str) -> str:
    """Words that the owner of the clips writes."""
    return f"I agree that the clips in this folder are copied to gs://{bucket} and used to train and test babycryd."


def consented_home(folder: Path, bucket: str) -> str:
    """Name of the home whose owner consents to this bucket. Raises CloudError with the words that are missing."""
    file = folder / FILE
    remedy = f"its owner writes two lines there: {sentence(bucket)!r}, and a name for the home (a-z, 0-9, -)"
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        raise CloudError(f"{file}: no consent, so no clip of this home leaves; {remedy}") from None
    if lines[0].strip() != sentence(bucket):
        raise CloudError(f"{file}: the first line is not the consent to this bucket; {remedy}")
    name = lines[1].strip() if len(lines) > 1 else ""
    if not _NAME.fullmatch(name):
        raise CloudError(f"{file}: the second line {name!r} is no name for a home; {remedy}")
    return name
