"""PURE. The checks of microphone, speaker and self-test, one line each."""

from babycryd.core.check_result import CheckResult
from babycryd.core.device_status import DeviceStatus
from babycryd.core.events import SelfTested


def results(devices: DeviceStatus, speaker: str | None) -> list[CheckResult]:
    """`speaker`: what the owner calls it."""
    return [_of_microphone(devices), _of_speaker(devices, speaker), _of_self_test(devices.self_test)]


def _of_microphone(devices: DeviceStatus) -> CheckResult:
    if devices.deaf_because is not None:
        return CheckResult("microphone", good=False, text=devices.deaf_because)
    if devices.microphone is None:
        return CheckResult("microphone", good=None, text="starting")
    if devices.microphone_trouble is not None:
        return CheckResult("microphone", good=False, text=devices.microphone_trouble, advice="too_loud")
    return CheckResult("microphone", good=True, text=devices.microphone)


def _of_speaker(devices: DeviceStatus, speaker: str | None) -> CheckResult:
    if devices.speaker_trouble is not None:
        return CheckResult("speaker", good=False, text=devices.speaker_trouble)
    return CheckResult("speaker", good=True, text="" if speaker in (None, "default") else speaker)


def _of_self_test(test: SelfTested | None) -> CheckResult:
    if test is None:
        return CheckResult("self_test", good=None, text="")
    if test.verdict == "failed":
        return CheckResult("self_test", good=False, text=test.text, advice="microphone")
    return CheckResult("self_test", good=True if test.verdict == "heard" else None, text=test.text)
