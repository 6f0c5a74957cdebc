"""Sheets of spectrograms of what is made up or bent, to look at before it gets odds in a recipe (`ingredients`).

python -m training.synthesis.ingredient_sheets       writes four PNGs into training/work/ingredients (1 minute)
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.detect.features import N_MELS, log_mel
from training.data.paths import WORK
from training.data.recordings import Samples
from training.synthesis import poor_microphones, warps
from training.synthesis.augment import at_peak
from training.synthesis.pool import load_pool
from training.synthesis.scenes import crying_parts
from training.synthesis.voices.confusers import CONFUSERS
from training.synthesis.voices.cries import made_up_cry
from training.synthesis.voices.instruments import load_phrases

SEED: Final = 67
LENGTH: Final = 5 * SAMPLE_RATE_HZ
COLUMNS: Final = 4
DYNAMICS: Final = 13.0  # natural logarithms of energy from the darkest to the brightest colour

Titled = tuple[str, Samples]


def _generators(count: int) -> list[np.random.Generator]:
    return [np.random.default_rng([SEED, index]) for index in range(count)]


def made_up_cries(count: int = 24) -> list[Titled]:
    """Made-up babies."""
    return [(f"cry {index}", made_up_cry(rng, LENGTH).samples) for index, rng in enumerate(_generators(count))]


def confusers(each: int = 4) -> list[Titled]:
    """Every confuser, and the instruments that fluidsynth has played."""
    made = [(sound.__name__, sound(rng, LENGTH)) for sound in CONFUSERS for rng in _generators(each)]
    return made + [(f"instrument {index}", phrase) for index, phrase in enumerate(load_phrases()[: 2 * each])]


def _real_cry() -> Samples:
    rng = np.random.default_rng(SEED)
    return crying_parts(load_pool("train").cry_group(rng)[0])[0]


def warped(cry: Samples) -> list[Titled]:
    """A real cry after every warp, at both ends of its range."""
    found: list[Titled] = [("recorded", cry)]
    for warp in (warps.change_tempo, warps.shift_pitch, warps.warp_throat):
        found += [(f"{warp.__name__} {factor}", warp(cry, factor)) for factor in (0.8, 1.25)]
    return [*found, ("roughen 0.8", warps.roughen(np.random.default_rng(SEED), cry, 0.8))]


def badly_recorded(cry: Samples) -> list[Titled]:
    """A real cry through every poor microphone."""
    noisy = cry + 0.01 * np.random.default_rng(SEED).standard_normal(len(cry)).astype(np.float32)
    found: list[Titled] = [("recorded, with noise", noisy)]
    found += [(f"high_pass {hz} Hz", poor_microphones.high_pass(noisy, hz, 4)) for hz in (400, 1200)]
    found += [(f"tilted {slope} dB", poor_microphones.tilted(noisy, slope)) for slope in (-6, 6)]
    found += [("notched 1500 Hz", poor_microphones.notched(noisy, 1500, 1.5))]
    found += [("gated 20 dB", poor_microphones.gated(noisy, 20, 0.1))]
    found += [(f"suppressed {times}", poor_microphones.suppressed(noisy, times)) for times in (1, 4)]
    return found + [(name, poor_microphones.through_codec(noisy, name)) for name in poor_microphones.CODECS]


def draw_sheet(sounds: Sequence[Titled], file: Path) -> None:
    """Draw one PNG with a log-mel spectrogram a sound."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    rows = -(-len(sounds) // COLUMNS)
    figure, axes = plt.subplots(rows, COLUMNS, figsize=(22, 2.6 * rows), squeeze=False)
    for panel in axes.flat[len(sounds) :]:
        panel.set_visible(False)
    for panel, (title, sound) in zip(axes.flat, sounds, strict=False):
        mel = log_mel(at_peak(sound, -3))
        extent = (0, len(sound) / SAMPLE_RATE_HZ, 0, N_MELS)
        panel.imshow(mel.T, aspect="auto", origin="lower", vmin=mel.max() - DYNAMICS, vmax=mel.max(), extent=extent)
        panel.set_title(title, fontsize=9, pad=2)
        panel.set(yticks=[])
    figure.tight_layout(pad=0.4)
    figure.savefig(file, dpi=60)
    plt.close(figure)


def main() -> None:
    """Draw the four sheets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=WORK / "ingredients", help="folder for the sheets")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    cry = _real_cry()
    sheets = {
        "cries": made_up_cries(),
        "confusers": confusers(),
        "warps": warped(cry),
        "microphones": badly_recorded(at_peak(cry, -6)),
    }
    for name, sounds in tqdm(sheets.items(), unit="sheet"):
        draw_sheet(sounds, options.out / f"{name}.png")
    print(f"look at {options.out}")


if __name__ == "__main__":
    main()
