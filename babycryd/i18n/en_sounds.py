"""PURE. Texts of the sounds in English: their names, the loudness at the cot, the owner's voice."""

from typing import Final

TEXTS: Final = {
    # Names of the shipped sounds, as in the middle of a sentence
    "sound.au-clair-de-la-lune": "“Au clair de la lune”",
    "sound.brahms-lullaby": "Brahms’ lullaby",
    "sound.brown-noise": "brown noise",
    "sound.heartbeat": "the heartbeat",
    "sound.hummed-lullaby": "the hummed lullaby",
    "sound.pink-noise": "pink noise",
    "sound.rain": "rain",
    "sound.schlaf-kindlein-schlaf": "“Sleep, baby, sleep”",
    "sound.shushing": "shushing",
    "sound.sung-lullaby": "the sung lullaby",
    "sound.twinkle-twinkle": "“Twinkle, twinkle”",
    # The report's sentence
    "report.sounds.and": "{one} and {other}",
    "report.not_calmed.one": "{sounds} did not help",
    "report.not_calmed.other": "{sounds} did not help",
}
