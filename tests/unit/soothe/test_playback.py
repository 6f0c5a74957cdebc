"""Volume and fades of a playback, by sample."""

import numpy as np

from babycryd.soothe.playback import Playback

SOUND = Playback("song.ogg", start=100, repeat=True, fade_in=10, volumes=((100, 0.4),))


def test_it_fades_in_from_silence_to_its_volume() -> None:
    gains = SOUND.gains(95, 20)
    assert gains[:5].tolist() == [0.0] * 5
    assert np.allclose(gains[5:15], 0.4 * np.arange(10) / 10)
    assert np.allclose(gains[15:], 0.4)


def test_another_volume_counts_from_its_time_on() -> None:
    gains = SOUND.at_volume(120, 0.1).gains(118, 4)
    assert np.allclose(gains, [0.4, 0.4, 0.1, 0.1])


def test_it_fades_out_to_its_end() -> None:
    fading = SOUND.fading_out(200, 4)
    assert np.allclose(fading.gains(199, 7), [0.4, 0.4, 0.3, 0.2, 0.1, 0.0, 0.0])
    assert fading.end == 204
    assert fading.ended(250).end == 204
    assert fading.ended(202).gains(201, 3).tolist()[1:] == [0.0, 0.0]


def test_it_sounds_between_start_and_end() -> None:
    ended = SOUND.ended(300)
    assert not SOUND.sounds_in(90, 10)
    assert SOUND.sounds_in(91, 10)
    assert SOUND.sounds_in(10**9, 1)
    assert ended.sounds_in(299, 1)
    assert not ended.sounds_in(300, 10)


def test_one_volume_throughout_is_one_number() -> None:
    louder = SOUND.at_volume(300, 0.8)
    assert SOUND.steady_gain(105, 20) is None  # it fades in
    assert louder.steady_gain(110, 190) == 0.4
    assert louder.steady_gain(110, 191) is None
    assert louder.steady_gain(300, 50) == 0.8
    assert SOUND.fading_out(200, 4).steady_gain(110, 90) == 0.4
    assert SOUND.fading_out(200, 4).steady_gain(110, 91) is None
