"""PURE. English."""

from typing import Final

WORDS: Final = {
    "language": "English",
    # Numbers as a sentence has them
    "number.0": "no",
    "number.1": "one",
    "number.2": "two",
    "number.3": "three",
    "number.4": "four",
    "number.5": "five",
    "number.6": "six",
    "number.7": "seven",
    "number.8": "eight",
    "number.9": "nine",
    "number.10": "ten",
    "number.11": "eleven",
    "number.12": "twelve",
    # The report's sentence: parts joined by "; ", the first letter made a capital
    "report.cries.one": "one cry, {length}",
    "report.cries.other": "{n} cries, {length} in all",
    "report.no_cry": "no crying",
    "report.calmed.one": "the music box calmed it in {length}",
    "report.calmed.other": "the music box calmed {n} of them, in {length} on average",
    "report.quiet": "longest quiet stretch {length}",
    "report.deaf": "could not hear for {length}",
    "report.off": "did not run for {length}",
    "report.snoozed": "was snoozed for {length}",
    "report.perhaps_more": "there may have been more",
    "report.nobody": "nobody listened: babycryd did not run",
    "report.nobody_heard": "nobody listened: the microphone gave no sound, or babycryd did not run",
    "report.future": "this night has not begun",
    "report.running": "the night so far: {sentence}",
    # Lengths of time
    "length.under_minute": "less than a minute",
    "length.minutes.one": "1 minute",
    "length.minutes.other": "{minutes} minutes",
    "length.hours": "{hours} h {minutes:02d}",
    "length.hours_exactly.one": "1 hour",
    "length.hours_exactly.other": "{hours} hours",
}
