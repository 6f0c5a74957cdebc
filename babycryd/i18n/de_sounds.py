"""PURE. Texts of the sounds in German: their names, the loudness at the cot, the owner's voice."""

from typing import Final

TEXTS: Final = {
    # Names of the shipped sounds, as in the middle of a sentence
    "sound.au-clair-de-la-lune": "„Au clair de la lune“",
    "sound.brahms-lullaby": "Brahms’ Wiegenlied",
    "sound.brown-noise": "braunes Rauschen",
    "sound.heartbeat": "der Herzschlag",
    "sound.hummed-lullaby": "das gesummte Schlaflied",
    "sound.pink-noise": "rosa Rauschen",
    "sound.rain": "Regen",
    "sound.schlaf-kindlein-schlaf": "„Schlaf, Kindlein, schlaf“",
    "sound.shushing": "leises „Schhh“",
    "sound.sung-lullaby": "das gesungene Schlaflied",
    "sound.twinkle-twinkle": "„Funkel, funkel, kleiner Stern“",
    # The report's sentence
    "report.sounds.and": "{one} und {other}",
    "report.not_calmed.one": "{sounds} half nicht",
    "report.not_calmed.other": "{sounds} halfen nicht",
}
