"""PURE. Whether microphone and speaker are in order: one line each, and one of the self-test."""

from babycryd.core.check_result import CheckResult
from babycryd.core.device_status import DeviceStatus
from babycryd.core.events import SelfTested


def findings(equipment: DeviceStatus, speaker: str | None) -> list[CheckResult]:
    """`speaker`: what the owner calls it."""
    return [_of_microphone(equipment), _of_speaker(equipment, speaker), _of_self_test(equipment.self_test)]


def _of_microphone(equipment: DeviceStatus) -> CheckResult:
    if equipment.deaf_because is not None:
        return CheckResult("microphone", good=False, text=equipment.deaf_because)
    if equipment.microphone is None:
        return CheckResult("microphone", good=None, text="starting")
    if equipment.microphone_trouble is not None:
        return CheckResult("microphone", good=False, text=equipment.microphone_trouble, advice="too_loud")
    return CheckResult("microphone", good=True, text=equipment.microphone)


def _of_speaker(equipment: DeviceStatus, speaker: str | None) -> CheckResult:
    if equipment.speaker_trouble is not None:
        return CheckResult("speaker", good=False, text=equipment.speaker_trouble)
    return CheckResult("speaker", good=True, text="" if speaker in (None, "default") else speaker)


def _of_self_test(test: SelfTested | None) -> CheckResult:
    if test is None:
        return CheckResult("self_test", good=None, text="")
    if test.verdict == "failed":
        return CheckResult("self_test", good=False, text=test.text, advice="microphone")
    return CheckResult("self_test", good=True if test.verdict == "heard" else None, text=test.text)
