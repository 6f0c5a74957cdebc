"""PURE. Numbers with their noun, for the log, the commands and answers."""


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 clip`, `2 clips`, `3 cries`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"
