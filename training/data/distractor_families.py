"""Families of the kinds of distractor: what one home has and another has not. Each is left out once as unknown."""

from collections.abc import Mapping
from typing import Final

REST: Final = "household"  # family of every kind that is named nowhere
FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "cats": ("cat", "cat_miaow", "cat_yowl"),
    "dogs": ("dog",),
    "other animals": (
        *("chirping_birds", "cow", "crickets", "crow", "duck", "frog", "guinea_pig", "hen", "horse", "insects"),
        *("owl", "pig", "rooster", "sheep"),
    ),
    "laughter": ("laugh", "laughing", "laughter"),
    "speech": (
        *("babble", "debian_asterisk_speech", "fsdd_digits", "librosa_data", "pyaudioanalysis_3class", "speech", "tv"),
    ),
    "vowels and shouts": ("antum_mod_sounds", "debian_scratch14", "game_mob", "raised_vowel"),
    "music": ("debian_sonicpi", "ibm_max_samples", "instrument", "music_box", "violin"),
    "alarms": ("beeps", "car_horn", "church_bells", "clock_alarm", "ringtone", "siren", "tone"),
    "squeaks": ("door_wood_creaks", "squeaks", "squeaky_toy"),
    "effects": ("glass_breaking", "knocks", "sound_effect"),
    "bodies": ("breathing", "clapping", "coughing", "drinking_sipping", "footsteps", "sneezing", "snoring"),
}
_OF_KIND: Final = {kind: family for family, kinds in FAMILIES.items() for kind in kinds}


def family_of(kind: str) -> str:
    """Family of a kind of distractor (`training.synthesis.pool`)."""
    return _OF_KIND.get(kind, REST)
