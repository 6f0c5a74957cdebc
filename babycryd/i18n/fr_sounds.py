"""PURE. Texts of the sounds in French: their names, the loudness at the cot, the owner's voice."""

from typing import Final

TEXTS: Final = {
    # Names of the shipped sounds, as in the middle of a sentence
    "sound.au-clair-de-la-lune": "« Au clair de la lune »",
    "sound.brahms-lullaby": "la berceuse de Brahms",
    "sound.brown-noise": "le bruit brun",
    "sound.heartbeat": "le battement de cœur",
    "sound.hummed-lullaby": "la berceuse fredonnée",
    "sound.pink-noise": "le bruit rose",
    "sound.rain": "la pluie",
    "sound.schlaf-kindlein-schlaf": "« Dors, mon petit, dors »",
    "sound.shushing": "le « chut »",
    "sound.sung-lullaby": "la berceuse chantée",
    "sound.twinkle-twinkle": "« Ah ! vous dirai-je, maman »",
    # The report's sentence
    "report.sounds.and": "{one} et {other}",
    "report.not_calmed.one": "{sounds} n’a pas aidé",
    "report.not_calmed.other": "{sounds} n’ont pas aidé",
}
