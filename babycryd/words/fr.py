"""PURE. French."""

from typing import Final

WORDS: Final = {
    "language": "Français",
    # Numbers as a sentence has them
    "number.0": "aucun",
    "number.1": "un",
    "number.2": "deux",
    "number.3": "trois",
    "number.4": "quatre",
    "number.5": "cinq",
    "number.6": "six",
    "number.7": "sept",
    "number.8": "huit",
    "number.9": "neuf",
    "number.10": "dix",
    "number.11": "onze",
    "number.12": "douze",
    # The report's sentence: parts joined by "; ", the first letter made a capital
    "report.cries.one": "un épisode de pleurs, {length}",
    "report.cries.other": "{n} épisodes de pleurs, {length} en tout",
    "report.no_cry": "aucun pleur",
    "report.calmed.one": "la boîte à musique a calmé bébé en {length}",
    "report.calmed.other": "la boîte à musique a calmé bébé {n} fois, en {length} en moyenne",
    "report.quiet": "plus longue période calme : {length}",
    "report.deaf": "micro muet pendant {length}",
    "report.off": "babycryd arrêté pendant {length}",
    "report.snoozed": "en pause pendant {length}",
    "report.perhaps_more": "il y en a peut-être eu d’autres",
    "report.nobody": "personne n’écoutait : babycryd était arrêté",
    "report.nobody_heard": "personne n’écoutait : le micro ne donnait aucun son ou babycryd était arrêté",
    "report.future": "cette nuit n’a pas commencé",
    "report.running": "la nuit jusqu’ici : {sentence}",
    # Lengths of time
    "length.under_minute": "moins d’une minute",
    "length.minutes.one": "1 minute",
    "length.minutes.other": "{minutes} minutes",
    "length.hours": "{hours} h {minutes:02d}",
    "length.hours_exactly.one": "1 heure",
    "length.hours_exactly.other": "{hours} heures",
}
