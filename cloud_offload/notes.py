"""Log notes for Cloud Logging, one JSON line each: no sound, and of the device only what a piece's name has."""

import json
import sys


def note(severity: str, message: str, **fields: object) -> None:
    known = {key: value for key, value in fields.items() if value is not None}
    sys.stdout.write(json.dumps({"severity": severity, "message": message, **known}) + "\n")
    sys.stdout.flush()
