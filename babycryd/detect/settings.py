"""Settings of detection, as they stand under `detection:` in the YAML."""

from dataclasses import dataclass

from babycryd.core.setting import setting
from babycryd.detect.episode import EpisodeSettings, VoteSettings
from babycryd.detect.gate import GateSettings
from babycryd.detect.rejection import RejectionSettings


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """Settings of detection: what counts as crying."""

    threshold: float = setting(
        0.77,
        "A window with at least this score votes for an episode; higher: fewer false alarms, more missed cries.",
        unit="score",
        low=0.05,
        high=0.99,
        live=True,
    )
    end_threshold: float = setting(
        0.4,
        "While an episode runs, this score is enough to prolong it; never more is asked than `threshold`.",
        unit="score",
        low=0.01,
        high=0.99,
        live=True,
    )
    second_opinion: bool = setting(
        True, "A larger network hears suspected cries again, for at most a tenth of a core and where memory is left."
    )
    stirring: bool = setting(
        True, "Say when the baby is likely to fuss, before it cries; starts no lullaby and no alert.", live=True
    )
    vote: VoteSettings = setting(VoteSettings, "How many windows must agree.")
    episode: EpisodeSettings = setting(EpisodeSettings, "When an episode is over.")
    doubt: RejectionSettings = setting(RejectionSettings, "How the owner's feedback and this room's own sounds count.")
    gate: GateSettings = setting(GateSettings, "Which sounds are worth the classifier's time.")

    @property
    def prolonging_threshold(self) -> float:
        """The score that prolongs an episode: `end_threshold`, but never more than `threshold`."""
        return min(self.end_threshold, self.threshold)
