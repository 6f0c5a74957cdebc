from babycryd.capture.health import HearingWatch


def _watch() -> HearingWatch:
    return HearingWatch("USB", 10.0, stall_s=2.0, zeros_s=4.0)


def test_all_is_well_while_sound_comes() -> None:
    watch = _watch()
    for i in range(100):
        watch.update(10 + i * 0.08, all_zero=False)
        assert watch.check(10 + i * 0.08 + 0.3) is None


def test_a_stall_is_noticed_after_its_time_not_before() -> None:
    watch = _watch()
    watch.update(11.0, all_zero=False)
    assert watch.check(12.9) is None
    assert watch.check(13.0) == "no sound for 2 s from USB: is the microphone plugged in?"


def test_a_microphone_that_never_delivers_is_a_stall() -> None:
    assert "plugged in" in str(_watch().check(12.0))


def test_digital_silence_is_noticed_and_one_sample_ends_it() -> None:
    watch = _watch()
    for i in range(1, 50):
        watch.update(10 + i * 0.08, all_zero=True)
    assert watch.check(13.95) is None
    assert watch.check(14.0) is not None
    watch.update(14.0, all_zero=True)
    assert watch.check(14.0) == "only digital silence for 4 s from USB: is it muted?"
    watch.update(14.1, all_zero=False)
    assert watch.check(14.1) is None


def test_zeros_may_be_allowed() -> None:
    watch = HearingWatch("night.wav", 0.0, stall_s=2.0)
    watch.update(1e6, all_zero=True)
    assert watch.check(1e6) is None
