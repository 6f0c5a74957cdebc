"""Settings of the feedback, as they stand under `feedback:` in the YAML."""

from dataclasses import dataclass

from babycryd.core.setting import setting


@dataclass(frozen=True, slots=True)
class FeedbackSettings:
    """Settings of the feedback: what babycryd learns without being told."""

    learn_home: bool = setting(
        True,
        "Learn every night what this baby and this home sound like; keeps figures, never sound, and only here.",
    )
