"""PURE. Pauses before a lullaby that could not be played is tried again."""

from typing import Final

FIRST_RETRY_S: Final = 2.0  # after a failure; doubled each time within an episode
LONGEST_RETRY_S: Final = (
    4.0  # a speaker that is back plays within five seconds; a failed attempt costs 1 to 90 ms, 4 of them CPU
)
