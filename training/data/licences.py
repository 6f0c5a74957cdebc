"""Licences of the clips, as the manifest writes them: whether each permits training and distributing the model.

Every licence of the manifest stands in one of the two tables. An unknown licence is refused and never guessed.
"""

from collections.abc import Mapping
from typing import Final

# Licence -> what it means for a model that is trained on the clip and distributed.
PERMITTING: Final[Mapping[str, str]] = {
    "Apache-2.0 (repository; author recorded own daughter)": "permissive",
    "Apache-2.0 repo": "permissive",
    "CC BY": "attribution",
    "CC BY 3.0": "attribution",
    "CC BY 4.0 (Google Speech Commands)": "attribution",
    "CC BY 4.0 (Zenodo, upstream)": "attribution",
    "CC BY-SA": "attribution; copies of the clip keep the licence",
    "CC BY-SA 3.0": "attribution; copies of the clip keep the licence",
    "CC BY-SA 4.0": "attribution; copies of the clip keep the licence",
    # ESC-50: "set CC BY-NC" is the licence of the collection. Each clip keeps its author's own CC0 or CC BY.
    "CC-BY (set CC BY-NC 3.0)": "attribution",
    "CC-BY (set CC BY-NC 3.0, ESC-10 CC BY 3.0)": "attribution",
    "CC0 (set CC BY-NC 3.0)": "public domain",
    "CC0 (set CC BY-NC 3.0, ESC-10 CC BY 3.0)": "public domain",
    "CC0": "public domain",
    "CC0 (bigsoundbank, Joseph Sardin)": "public domain",
    "CC0 (freesound 136777)": "public domain",
    "CC0 (freesound, listed in README)": "public domain",
    "CC0 mostly": "public domain; the others CC BY",
    "CMU Arctic (free, BSD-like)": "permissive",
    "Free Art licence (LuneRouge; *_LA)": "attribution; copies of the clip keep the licence",
    "MIT (repository licence; data in it)": "permissive",
    "ODbL/DbCL": "attribution; copies of the database keep the licence",
    "Public domain": "public domain",
    "public domain": "public domain",
    "freesound CC0/CC BY": "attribution",
    "none stated": "permissive: giulbia's recordings state none; their package states new BSD",
    "per file CC0 / CC BY / CC BY-SA (debian copyright)": "attribution; copies of some clips keep the licence",
    "per file CC0 / CC BY 3.0 / CC BY-SA 4.0 / MIT (mobs_mc/LICENSE-media.md)": (
        "attribution; copies of some clips keep the licence"
    ),
    "per file CC0/CC BY": "attribution",
    "per file, sources.md": "attribution: AntumMT's sounds are CC0 or CC BY, file by file",
}
# Licence -> why the clip stays out of training.
FORBIDDING: Final[Mapping[str, str]] = {
    "CC BY-NC": "no commercial use, which the project's Apache-2.0 licence permits",
    "CC BY-NC 3.0": "no commercial use, which the project's Apache-2.0 licence permits",
    "CC BY-NC 4.0": "no commercial use, which the project's Apache-2.0 licence permits",
    "CC BY-ND": "no adaptations",
    "CC BY-ND 4.0": "no adaptations",
}


UNSTATED: Final = frozenset({"none stated"})  # enough to train at home; a copy elsewhere needs a licence


def permits_leaving(licence: str) -> bool:
    """Whether a clip with this licence may be copied to a bucket for training. Raises KeyError if it is unknown."""
    return permits_training(licence) and licence not in UNSTATED


def permits_training(licence: str) -> bool:
    """Whether a model may be trained on clips with this licence and distributed. Raises KeyError if it is unknown."""
    if licence in FORBIDDING:
        return False
    PERMITTING[licence]
    return True
