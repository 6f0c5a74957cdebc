"""PURE. Texts of the sounds in Spanish: their names, the loudness at the cot, the owner's voice."""

from typing import Final

TEXTS: Final = {
    # Names of the shipped sounds, as in the middle of a sentence
    "sound.au-clair-de-la-lune": "«Au clair de la lune»",
    "sound.brahms-lullaby": "la nana de Brahms",
    "sound.brown-noise": "el ruido marrón",
    "sound.heartbeat": "el latido",
    "sound.hummed-lullaby": "la nana tarareada",
    "sound.pink-noise": "el ruido rosa",
    "sound.rain": "la lluvia",
    "sound.schlaf-kindlein-schlaf": "«Duerme, niño, duerme»",
    "sound.shushing": "el «shhh»",
    "sound.sung-lullaby": "la nana cantada",
    "sound.twinkle-twinkle": "«Brilla, brilla, estrellita»",
    # The report's sentence
    "report.sounds.and": "{one} y {other}",
    "report.not_calmed.one": "{sounds} no ayudó",
    "report.not_calmed.other": "{sounds} no ayudaron",
}
