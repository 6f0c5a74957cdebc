"""PURE. Settings of the model channel, as they stand under `model_channel:` in the YAML."""

from collections.abc import Iterator
from dataclasses import dataclass

from babycryd.core.setting import setting
from babycryd.model_channel.minisign_format import SignatureError, public_key


@dataclass(frozen=True, slots=True)
class ModelChannelSettings:
    """Settings of the model channel: where new models come from, whose signature they need, how long they are tried."""

    source: str | None = setting(
        None,
        "Where `babycryd model update` looks for a new model: gs://BUCKET/FOLDER, or a folder; empty: nowhere.",
        names="thing",
        example="gs://our-babycryd/training/models",
    )
    public_key: str | None = setting(
        None,
        "Public key, as minisign writes it, whose signature a model must have.",
        names="thing",
        example="RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3",
    )
    key_file: str | None = setting(
        None,
        "Key of a service account that may read the bucket; empty takes what `gcloud auth` left.",
        names="path",
        example="/etc/babycryd/models-key.json",
    )
    shadow_hours: float = setting(
        10.0,
        "Both models are compared for this long before a new one may decide, and again after it does.",
        unit="h",
        low=0.1,
        high=1000.0,
    )
    more_alarms: int = setting(
        2, "A new model is rolled back that raises more alarms than these beyond the old one's in this time.", low=0
    )

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield key and complaint for each value that cannot work."""
        if self.source and not self.public_key:
            yield "public_key", "must hold the key of who signs your models where model_channel.source is set"
        if self.public_key:
            try:
                public_key(self.public_key)
            except SignatureError as error:
                yield "public_key", str(error)
