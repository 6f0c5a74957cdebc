"""PURE. Settings of scoring in the cloud, as they stand under `offload:` in the YAML."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from babycryd.core.setting import setting

_BUCKET_URL: Final = re.compile(r"(gs://|https?://[^/]+/)([^/?]*)")
_BUCKET: Final = re.compile(
    r"(?=[^.]{3,63}$|.*\.)[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]"
)  # cloud.google.com/storage/docs/buckets#naming


@dataclass(frozen=True, slots=True)
class PriceSettings:
    """Prices of the provider, for the ledger's estimate; the defaults are Google's list prices of 2025 in Europe."""

    per_10k_writes: float = setting(0.05, "Storage operations of class A: two a piece.", unit="USD", low=0.0)
    per_10k_reads: float = setting(0.004, "Storage operations of class B: a few a piece.", unit="USD", low=0.0)
    per_million_calls: float = setting(0.40, "Calls of the function: one a piece.", unit="USD", low=0.0)
    per_cpu_hour: float = setting(0.0864, "One CPU with half a gigabyte for an hour.", unit="USD", low=0.0)
    per_gb_down: float = setting(0.12, "Answers read from the bucket.", unit="USD", low=0.0)


@dataclass(frozen=True, slots=True)
class OffloadSettings:
    """Settings of the offload: whether sound may leave the house when this computer is too busy to judge it."""

    enabled: bool = setting(
        False, "Send sounds of the nursery to your Google Cloud bucket while the CPU is too busy to judge them."
    )
    bucket: str | None = setting(None, "Name of the bucket, without gs://.", names="thing", example="our-babycryd")
    key_file: str | None = setting(
        None,
        "Key of the service account; empty takes the systemd credential `offload_key`, or what `gcloud auth` left.",
        names="path",
        example="/etc/babycryd/offload-key.json",
    )
    cpu_budget: float = setting(
        0.6, "Share of one core that babycryd may use, and of the time that it may wait for a CPU; above is too busy.",
        unit="fraction", low=0.05, high=1.0,
    )  # fmt: skip
    max_lag_s: float = setting(1.0, "Longest lag of a decision; above is too busy.", unit="s", low=0.1, high=10.0)
    deadline_s: float = setting(
        4.0, "Judges a piece here after all when its answer takes longer than this.", unit="s", low=2.0, high=15.0
    )
    monthly_mb: float = setting(500.0, "Most that may leave the house in a month.", unit="MB", low=0.0)
    monthly_requests: int = setting(20_000, "Most pieces of sound that may leave the house in a month.", low=0)
    prices: PriceSettings = setting(PriceSettings, "Prices of the cloud, for the ledger's estimate.")

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield key and complaint for each value that cannot work."""
        if self.enabled and not self.bucket:
            yield "bucket", "must name your bucket where offload.enabled is true (docs/cloud.md)"
        if url := _BUCKET_URL.match(self.bucket or ""):
            yield "bucket", f"write it without {url[1]}, as {url[2]}"
        elif self.bucket and not _BUCKET.fullmatch(self.bucket):
            yield "bucket", "is no bucket's name: 3 to 63 of a-z, 0-9, - and _, or up to 222 with dots"
