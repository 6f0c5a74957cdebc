"""What the page shows of soothing."""

from babycryd.core.events import ClockSet, ControlsChanged
from babycryd.core.soothing_events import SoothingLearnt, SoothingStep, SoundFigures
from babycryd.web.soothing_view import SoothingView

T_S = 1_790_000_000.0


def test_nothing_is_known_at_first() -> None:
    view = SoothingView()
    assert view.as_json() == {
        "now": {
            "strategy": None,
            "phase": "idle",
            "step": 0,
            "sound": None,
            "level": 100.0,
            "since_utc_s": None,
            "episode": None,
            "needs_you": False,
            "learnt": 0,
            "uses": {},
        },
        "best": None,
        "sounds": (),
        "silences": 0,
        "settled": 0,
        "uses": {},
    }


def test_step_and_figures_are_shown_and_move_with_the_clock() -> None:
    view = SoothingView()
    view.note(SoothingStep(1.0, T_S, "ladder", "given_up", "e1", 3, None, 100.0))
    view.note(ClockSet(2.0, 60.0))
    view.note(SoothingLearnt(3.0, "rain", (SoundFigures("rain", 3, 2, 42.0, 0.9),), 2, 1))
    fields = view.as_json()
    assert (fields["now"]["needs_you"], fields["now"]["since_utc_s"]) == (True, T_S + 60)
    assert (fields["best"], fields["silences"], fields["settled"]) == ("rain", 2, 1)
    assert fields["sounds"] == ({"sound": "rain", "tries": 3, "calmed": 2, "median_s": 42.0, "p_best": 0.9},)


def test_the_owner_s_use_of_each_sound_is_shown() -> None:
    view = SoothingView()
    view.note(ControlsChanged(1.0, 100.0, 0.8, None, 0.0, first_sound="rain", muted_sounds=("heartbeat",)))
    assert view.as_json()["uses"] == view.now()["uses"] == {"rain": "first", "heartbeat": "muted"}
