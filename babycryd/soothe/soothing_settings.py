"""PURE. Settings of soothing, as they stand under `soothing:` in the YAML."""

from dataclasses import dataclass

from babycryd.core.setting import setting
from babycryd.soothe.strategies import STRATEGIES


@dataclass(frozen=True, slots=True)
class SoothingSettings:
    """Settings of soothing: which sound follows which, and when it gives up."""

    strategy: str = setting(
        "ladder",
        "How a cry is soothed: one sound after the other (ladder), first the sounds that calmed this baby (learning), "
        "or one lullaby for as long as the baby cries (lullaby).",
        choices=tuple(STRATEGIES),
    )
    step_s: float = setting(
        75.0,
        "With ladder and learning, the next sound follows after this much crying.",
        unit="s",
        low=60.0,
        high=90.0,
        live=True,
    )
    sounds: int = setting(
        3,
        "With ladder and learning, soothing gives up after this many sounds and says that the baby needs you.",
        low=1,
        high=3,
        live=True,
    )
    let_it_settle_s: float = setting(
        0.0,
        "With ladder and learning, the baby may first settle alone for this long; 20 is usual, 0 begins at once.",
        unit="s",
        low=0.0,
        high=60.0,
        live=True,
    )
    first_step_softer_db: float = setting(
        0.0,
        "With ladder and learning, the first sound is softer than the others by this much; none is ever louder than "
        "`lullaby.max_volume`.",
        unit="dB",
        low=0.0,
        high=20.0,
        live=True,
    )
