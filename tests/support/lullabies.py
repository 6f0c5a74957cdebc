"""Lullabies as owners copy them: every kind that plays, damaged ones, and one that spins its decoder."""

import random
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

RATE_HZ: Final = 48_000  # which every format takes
_RATE_EXPONENT: Final = 0x1D  # offset of the low byte of an AIFF's sample rate's exponent
FORMATS: Final = {
    "wav": ("WAV", "PCM_16"), "float.wav": ("WAV", "FLOAT"),
    "aiff": ("AIFF", "PCM_16"), "flac": ("FLAC", "PCM_16"), "ogg": ("OGG", "VORBIS"), "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}  # fmt: skip


def lullaby(kind: str, seconds: float = 1.0, amplitude: float = 0.5) -> bytes:
    """Return a tone in one of FORMATS."""
    file, (container, subtype) = BytesIO(), FORMATS[kind]
    tone = amplitude * np.sin(2 * np.pi * 440 * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)
    soundfile.write(file, tone, RATE_HZ, format=container, subtype=subtype)
    return file.getvalue()


def endless_aiff() -> bytes:
    """Return an AIFF whose sample rate is next to nothing: SDL makes gigabytes, or hours, of its first samples."""
    content = bytearray(lullaby("aiff", 5.0))
    content[_RATE_EXPONENT] = 0
    return bytes(content)


def damaged(sound: bytes, dice: random.Random) -> bytes:
    """Return the sound with some bytes changed, most often in the header; perhaps cut, doubled or filled up."""
    content = bytearray(sound)
    for _ in range(dice.choice([1, 1, 2, 5, 20])):
        at = dice.randrange(min(len(content), dice.choice([16, 64, 512, 1 << 20])))
        content[at] = dice.choice([0, 255, 127, 128, dice.randrange(256)])
    match dice.randrange(5):
        case 0:
            del content[dice.randrange(len(content)) :]
        case 1:
            at = dice.randrange(len(content))
            content[at:at] = dice.randbytes(dice.randrange(64))
        case 2:
            content += content[dice.randrange(len(content)) :]
        case _:
            pass
    return bytes(content)


def song_folder(folder: Path) -> Path:
    """Return a folder with three good songs, one of them with a name in Latin-1, and five that cannot be played."""
    folder.mkdir()
    (folder / "voice message.ogg").write_bytes(lullaby("opus"))
    Path(bytes(folder).decode() + "/sch\udcf6n.ogg").write_bytes(lullaby("ogg"))
    (folder / "song without ending").write_bytes(lullaby("mp3"))
    (folder / "diary.ogg").write_text("dear diary " * 100)
    (folder / "empty.wav").write_bytes(lullaby("wav", 0.0))
    (folder / "endless.aiff").write_bytes(endless_aiff())
    (folder / "nothing.mp3").touch()
    (folder / "phone.m4a").write_bytes(b"\0\0\0\x1cftypM4A \0\0\2\0" + bytes(2000))
    (folder / "cover.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    return folder
