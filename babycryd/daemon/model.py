"""Model of the daemon: the one that the channel has chosen, else the shipped one, and the task that tries a new one."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from babycryd.config import Settings
from babycryd.core.supervision import Work
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.second_opinion import SecondOpinion
from babycryd.detect.second_tflite import shipped_second_opinion
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.stirring import FussHead
from babycryd.detect.tflite import ModelError, TfliteClassifier, shipped_classifier, shipped_fuss_head
from babycryd.system.memory import available_mb

if TYPE_CHECKING:
    from babycryd.daemon.vital_parts import Core
    from babycryd.model_channel.choice import Choice
    from babycryd.model_channel.package import ModelPackage
    from babycryd.model_channel.shadow import Shadow
    from babycryd.model_channel.store import ModelStore

log = logging.getLogger(__name__)

_SECOND_OPINION_LEAVES_MB: Final = 64.0  # it takes 5 MB; with less than this free, other programs would lack them


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """Model that decides, with what belongs to it."""

    classifier: TfliteClassifier
    fussing: FussHead | None
    second_opinion: Callable[[DetectionSettings], SecondOpinion | None]
    choice: "Choice | None" = None  # of the channel at this start; None: the channel is off

    @property
    def watched(self) -> bool:
        """Whether another model may hear in its shadow."""
        return self.choice is not None


def chosen_model(settings: Settings, folder: Path) -> ChosenModel:
    """Return the model that decides from this start on: the channel's, or the shipped one where that cannot be used.

    Raises ModelError where the shipped one cannot be read either.
    """
    choice = package = None
    if settings.model_channel.source:
        try:
            choice, package = _of_channel(settings, folder)
        except Exception:  # the channel must not stop the listening
            log.exception("the model channel fails, and the shipped model decides")
    if package is None:
        return ChosenModel(shipped_classifier(), fuss_head(), second_opinion, choice)
    log.info("model %s of the channel decides", package.sha256[:12])
    return _from(package, choice)


def _from(package: "ModelPackage", choice: "Choice | None") -> ChosenModel:
    card = package.second_card
    second = (lambda _: None) if card is None else (lambda settings: second_opinion(settings, card))
    return ChosenModel(package.classifier, package.fussing, second, choice)


def _of_channel(settings: Settings, folder: Path) -> "tuple[Choice | None, ModelPackage | None]":
    """Return the choice, and its model where that is another than the shipped one and can be used."""
    from babycryd.model_channel.package import read_package
    from babycryd.model_channel.store import ModelStore, StoreError

    if settings.offload.enabled:
        log.warning("the model channel is off: with offload.enabled the cloud judges by the shipped model")
        return None, None
    store = ModelStore(folder)
    before = store.choice()
    try:
        choice = store.change(lambda now: now.started()) if before.kept else before
    except StoreError as error:  # then a start cannot be counted, and a model that crashes would crash for ever
        log.warning("the shipped model decides until a restart: %s", error)
        return None, None
    if choice.in_use is None:
        return choice, None
    try:
        return choice, read_package(store.package(choice.in_use), settings.model_channel.public_key or "")
    except ModelError as error:
        text = str(error)
        log.warning("model %s is rolled back, and the shipped model decides: %s", choice.in_use[:12], text)
        return store.change(lambda now: now.shipped(text)), None


def build_models(settings: Settings, core: "Core") -> Work | None:
    """Build the task that tries a new model, where there is a channel."""
    choice = core.model.choice
    if choice is None:
        return None
    from babycryd.model_channel.store import ModelStore
    from babycryd.model_channel.task import ModelTask

    store = ModelStore(core.folder)

    def shadow_of(tried: "Choice") -> "Shadow":
        from babycryd.model_channel.shadow import Shadow

        model = _model_of(store, tried.shadow, settings.model_channel.public_key or "")
        second = model.second_opinion(settings.detection)
        return Shadow(Pipeline(settings.detection, model.classifier, second), settings.detection)

    events = core.bus.subscribe("models", only=ModelTask.EVENTS)
    task = ModelTask(
        settings.model_channel, store, choice, core.tap, events, shadow_of, core.restart, lambda: core.engine.now_s
    )
    core.status.model = lambda: task.status(time.time())
    return Work(task.run, task.close)


def _model_of(store: "ModelStore", sha256: str | None, key: str) -> ChosenModel:
    """Return a model by its name. Raises ModelError."""
    if sha256 is None:
        return ChosenModel(shipped_classifier(), None, second_opinion)
    from babycryd.model_channel.package import read_package

    return _from(read_package(store.package(sha256), key), None)


def second_opinion(settings: DetectionSettings, card: bytes | None = None) -> SecondOpinion | None:
    """Return the second opinion with its budget, or None, which the log explains, where it is off or cannot run.

    `card`: its calibration for a model of the channel.
    """
    if not settings.second_opinion:
        return None
    left_mb = available_mb()
    if left_mb is not None and left_mb < _SECOND_OPINION_LEAVES_MB:
        log.warning("the second opinion is off until a restart: only %.0f MB of memory are free", left_mb)
        return None
    try:
        opinion = shipped_second_opinion(time.thread_time, card)
    except ModelError as error:
        log.warning("the second opinion is off until a restart, and the classifier decides alone: %s", error)
        return None
    opinion.rest()  # it was built, so that it is known to work
    return opinion


def fuss_head() -> FussHead | None:
    """Return the head of fussing, or None, which the log explains, where it cannot be read."""
    try:
        return shipped_fuss_head()
    except ModelError as error:
        log.warning("stirring is not recognised until a restart, and crying is as before: %s", error)
        return None
