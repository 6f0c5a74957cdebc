"""Diagnosis of the model channel for `doctor`: its status, and the files of the model that decides."""

from pathlib import Path

from babycryd.core.check_result import CheckResult
from babycryd.detect.tflite import ModelError
from babycryd.model_channel.package import read_package
from babycryd.model_channel.settings import ModelChannelSettings
from babycryd.model_channel.status import check, status
from babycryd.model_channel.store import ModelStore, StoreError


def diagnose(settings: ModelChannelSettings, folder: Path, utc_s: float) -> CheckResult:
    """Return the result of the channel's check. `folder`: of the state."""
    what = "model channel"
    if not settings.source:
        return CheckResult(what, good=None, text="model_channel.source is not set: the shipped model decides")
    store = ModelStore(folder)
    try:
        choice = store.choice()
        if choice.in_use is not None:
            read_package(store.package(choice.in_use), settings.public_key or "")
    except StoreError as error:
        return CheckResult(what, good=False, text=str(error))
    except ModelError as error:
        text = f"{error}; the shipped model decides from the next start on: babycryd model update --again fetches it"
        return CheckResult(what, good=False, text=text)
    found = check(status(choice, store.tally(choice), settings, utc_s))
    return CheckResult(what, good=found.good, text=found.text)
