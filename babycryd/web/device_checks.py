"""PURE. Whether microphone and speaker are in order: one line each, and one of the self-test."""

from babycryd.core.check_result import Finding
from babycryd.core.device_status import Equipment
from babycryd.core.events import SelfTested


def findings(equipment: Equipment, speaker: str | None) -> list[Finding]:
    """`speaker`: what the owner calls it."""
    return [_of_microphone(equipment), _of_speaker(equipment, speaker), _of_self_test(equipment.self_test)]


def _of_microphone(equipment: Equipment) -> Finding:
    if equipment.deaf_because is not None:
        return Finding("microphone", good=False, text=equipment.deaf_because)
    if equipment.microphone is None:
        return Finding("microphone", good=None, text="starting")
    if equipment.microphone_trouble is not None:
        return Finding("microphone", good=False, text=equipment.microphone_trouble, advice="too_loud")
    return Finding("microphone", good=True, text=equipment.microphone)


def _of_speaker(equipment: Equipment, speaker: str | None) -> Finding:
    if equipment.speaker_trouble is not None:
        return Finding("speaker", good=False, text=equipment.speaker_trouble)
    return Finding("speaker", good=True, text="" if speaker in (None, "default") else speaker)


def _of_self_test(test: SelfTested | None) -> Finding:
    if test is None:
        return Finding("self_test", good=None, text="")
    if test.verdict == "failed":
        return Finding("self_test", good=False, text=test.text, advice="microphone")
    return Finding("self_test", good=True if test.verdict == "heard" else None, text=test.text)
