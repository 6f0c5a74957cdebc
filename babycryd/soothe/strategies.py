"""PURE. Registry of the soothing strategies.

A new strategy is a file with a class that keeps `SoothingStrategy`, and its line here.
"""

from collections.abc import Mapping
from typing import Final

# Import path of the class, a `MakeStrategy`, by its name; imported only where it is used.
STRATEGIES: Final[Mapping[str, str]] = {
    "ladder": "babycryd.soothe.ladder_strategy:LadderStrategy",
    "learning": "babycryd.soothe.learning_strategy:LearningStrategy",
    "lullaby": "babycryd.soothe.lullaby_strategy:LullabyStrategy",
}
