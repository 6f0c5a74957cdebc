"""PURE. German."""

from typing import Final

WORDS: Final = {
    "language": "Deutsch",
    # Numbers as a sentence has them
    "number.0": "kein",
    "number.1": "ein",
    "number.2": "zwei",
    "number.3": "drei",
    "number.4": "vier",
    "number.5": "fünf",
    "number.6": "sechs",
    "number.7": "sieben",
    "number.8": "acht",
    "number.9": "neun",
    "number.10": "zehn",
    "number.11": "elf",
    "number.12": "zwölf",
    # The report's sentence: parts joined by "; ", the first letter made a capital
    "report.cries.one": "einmal geweint, {length}",
    "report.cries.other": "{n}mal geweint, {length} insgesamt",
    "report.no_cry": "kein Weinen",
    "report.calmed.one": "die Spieluhr beruhigte in {length}",
    "report.calmed.other": "die Spieluhr beruhigte {n}mal, im Mittel in {length}",
    "report.quiet": "längste ruhige Zeit {length}",
    "report.deaf": "{length} lang war nichts zu hören",
    "report.off": "{length} lang lief babycryd nicht",
    "report.snoozed": "{length} lang war Pause",
    "report.perhaps_more": "es kann mehr gewesen sein",
    "report.nobody": "niemand hat zugehört: babycryd lief nicht",
    "report.nobody_heard": "niemand hat zugehört: das Mikrofon lieferte nichts, oder babycryd lief nicht",
    "report.future": "diese Nacht hat noch nicht begonnen",
    "report.running": "die Nacht bisher: {sentence}",
    # Lengths of time
    "length.under_minute": "weniger als eine Minute",
    "length.minutes.one": "1 Minute",
    "length.minutes.other": "{minutes} Minuten",
    "length.hours": "{hours} Std. {minutes:02d}",
    "length.hours_exactly.one": "1 Stunde",
    "length.hours_exactly.other": "{hours} Stunden",
}
