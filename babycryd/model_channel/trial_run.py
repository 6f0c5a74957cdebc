"""Trial run of a model in a process of its own, before the daemon may load it: it must hear the demonstration's cry.

A model that crashes the runtime, gives no number, or hears nothing ends here. The process is that of
`system/isolated_call.py`.
"""

import asyncio
from pathlib import Path
from typing import Final

from babycryd.model_channel.package import read_package
from babycryd.system.isolated_call import IsolatedCallError, NoProcessError, call_isolated

FUNCTION: Final = "babycryd.model_channel.trial_run:run"
_LIMIT_S: Final = 300.0  # two seconds of CPU here; a Zero that also listens may take a hundred times as long


class TrialError(Exception):
    """The model did not pass; the text says why."""


def run(folder: str, key: str) -> int:
    """Return how many cries the model in this folder hears in the demonstration's night. Raises ModelError."""
    from babycryd.core.events import CryStarted
    from babycryd.demo.night import DemoNight
    from babycryd.detect.pipeline import Pipeline
    from babycryd.detect.settings import DetectionSettings

    pipeline = Pipeline(DetectionSettings(), read_package(Path(folder), key).classifier)
    events = [*pipeline.push(DemoNight().samples(), 0.0, 0.0), *pipeline.flush()]
    return sum(isinstance(each, CryStarted) for each in events)


def require_trial(folder: Path, key: str) -> None:
    """Return where the model hears a cry in its trial run. Raises TrialError."""
    try:
        heard = asyncio.run(call_isolated(FUNCTION, str(folder), key, limit_s=_LIMIT_S))
    except NoProcessError as busy:
        raise TrialError(f"the trial run of the model could not start, try again later: {busy}") from busy
    except IsolatedCallError as failed:
        raise TrialError(f"the model failed its trial run: {failed.text}") from failed
    if not heard:
        raise TrialError("the model failed its trial run: it hears no cry in the demonstration's night")
