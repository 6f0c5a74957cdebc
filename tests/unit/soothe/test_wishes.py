"""The owner's wishes about the sounds."""

import pytest

from babycryd.soothe.wishes import SoundWishes


@pytest.mark.parametrize(
    ("wishes", "order"),
    [
        (SoundWishes(), ("a", "b", "c")),
        (SoundWishes("c"), ("c", "a", "b")),
        (SoundWishes("gone"), ("a", "b", "c")),
        (SoundWishes("b", frozenset({"a"})), ("b", "c")),
        (SoundWishes(None, frozenset("abc")), ("a", "b", "c")),  # a silent lullaby calms no baby
    ],
)
def test_the_first_sound_leads_and_muted_ones_rest(wishes: SoundWishes, order: tuple[str, ...]) -> None:
    assert wishes.applied("abc") == order
