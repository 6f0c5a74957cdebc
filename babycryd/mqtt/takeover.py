"""PURE. Rhythm of hang-ups by which a second client with our id is recognised at a broker that does not report it.

A broker serves one client of an id. Where two sign in by turns, each ends the other's connection soon after its login.
"""

from typing import Final

SHORT_S: Final = 10.0  # a connection of this length at most counts
IN_A_ROW: Final = 3  # short connections that make it likely


class TakeoverWatch:
    """Counter of short connections in a row that the broker ended without a word."""

    def __init__(self, nodes: int = 1) -> None:
        """`nodes`: of the broker; while a cluster chooses a new leader, each of them may hang up."""
        self._short = 0
        self._in_a_row = IN_A_ROW * nodes

    def likely(self, lasted_s: float, *, hung_up: bool) -> bool:
        """Count a connection that has ended; return whether a second client is the likely cause."""
        self._short = self._short + 1 if hung_up and lasted_s <= SHORT_S else 0
        return self._short >= self._in_a_row
