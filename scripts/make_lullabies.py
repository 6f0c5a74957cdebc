"""Make the sounds that babycryd ships: music boxes, noises, a heartbeat, a voice that hums and sings.

Everything is computed, from notes and numbers: no recording and no copyright of others. Each sound is made on a ring,
so it loops without a seam. Running it again gives the same sounds: python -m scripts.make_lullabies
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from tqdm import tqdm

from scripts.lullaby_sounds.heart import heartbeat
from scripts.lullaby_sounds.level import levelled
from scripts.lullaby_sounds.music_box import music_box
from scripts.lullaby_sounds.noises import brown_noise, pink_noise, rain, shushing
from scripts.lullaby_sounds.ring import RATE_HZ, Random, Signal
from scripts.lullaby_sounds.songs import AU_CLAIR, BRAHMS, SCHLAF, STILL, TWINKLE
from scripts.lullaby_sounds.voice import hummed, sung

SEED: Final = 494  # Wiegenlied, opus 49 number 4
SHIPPED: Final = Path(__file__).resolve().parent.parent / "babycryd" / "soothe" / "lullabies"
SOUNDS: Final[Mapping[str, Callable[[Random], Signal]]] = {
    "brahms-lullaby": lambda rng: music_box(BRAHMS, rng),
    "brown-noise": brown_noise,
    "clair-de-la-lune": lambda rng: music_box(AU_CLAIR, rng),
    "heartbeat": heartbeat,
    "hummed-lullaby": lambda rng: hummed(STILL, 8, rng),
    "pink-noise": pink_noise,
    "rain": rain,
    "schlaf-kindlein-schlaf": lambda rng: music_box(SCHLAF, rng),
    "shushing": shushing,
    "sung-lullaby": lambda rng: sung(BRAHMS, -22, 6, rng),
    "twinkle-twinkle": lambda rng: music_box(TWINKLE, rng),
}


def make(name: str) -> Signal:
    """Return one of SOUNDS, as it is written."""
    return levelled(SOUNDS[name](np.random.default_rng(SEED)))


def write_ogg(path: Path, sound: Signal) -> None:
    """Write a sound as Ogg Vorbis."""
    with soundfile.SoundFile(path, "w", RATE_HZ, 1, format="OGG", subtype="VORBIS") as file:
        for start in range(0, len(sound), 4096):  # libsndfile overflows its stack on long Vorbis blocks
            file.write(sound[start : start + 4096])


def main() -> None:
    """Make all sounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=SHIPPED, metavar="DIR", help="where to put them (%(default)s)")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for name in tqdm(SOUNDS, desc="lullabies", unit="sound"):
        write_ogg(out / f"{name}.ogg", make(name))
    total_kb = sum(path.stat().st_size for path in out.glob("*.ogg")) // 1000
    print(f"{len(SOUNDS)} sounds, {total_kb} kB together, in {out}")


if __name__ == "__main__":
    main()
