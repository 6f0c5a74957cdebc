"""Builders of the components that play: the owner's sounds, their loudness, their echo and what they achieved;
and of the one that broadcasts the live sound of the room.
"""

from babycryd.config import Settings
from babycryd.core.events import WindowScored
from babycryd.core.supervision import Work
from babycryd.daemon.vital_parts import Core
from babycryd.monitoring.self_test_task import SelfTestTask


def build_lullaby_trials(settings: Settings, core: Core) -> Work | None:
    """Build the trials of the owner's sounds, where the owner has some."""
    if settings.lullaby.folder is None:
        return None
    from babycryd.soothe.trials import LullabyTrials

    return Work(LullabyTrials(settings.lullaby.folder, core.library.use_base).run)


def build_echo(settings: Settings, core: Core) -> Work | None:  # noqa: ARG001  # as of `OptionalComponent.build`
    """Build the decoder of what plays, where its echo is cancelled."""
    reference = core.echo.reference
    return None if reference is None else Work(reference.run, reference.close)


def build_soothing_memory(settings: Settings, core: Core) -> Work:  # noqa: ARG001  # as of `OptionalComponent.build`
    """Build the task that keeps which sounds have calmed this baby."""
    core.status.stores.append(lambda: core.sounds.trouble)
    return Work(core.sounds.run)


def build_listen_in(settings: Settings, core: Core) -> Work:  # noqa: ARG001  # as of `OptionalComponent.build`
    """Build the broadcast of the live sound, also while listening in is off: a reload may switch it on."""
    return Work(core.broadcast.run)


def build_loudness(settings: Settings, core: Core) -> Work:  # noqa: ARG001  # as of `OptionalComponent.build`
    """Build the player of the test sound for the loudness at the cot."""
    return Work(core.loudness.run)


def build_self_test(settings: Settings, core: Core) -> Work | None:
    """Build the self-test of the microphone, where the microphone hears the speaker."""
    if not core.capture.source.traits.hears_speaker:
        return None
    self_test, events = core.dispatcher.self_test, core.bus.subscribe("self-test", unhurried=(WindowScored,))
    self_test.on_heard = core.echo.guess
    return Work(SelfTestTask(self_test, settings.self_test, events, core.bus).run)
