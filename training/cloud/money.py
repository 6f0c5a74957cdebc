"""Costs in Google Cloud for one home, 100 and 10,000, from the prices and amounts in prices.yaml.

python -m training.cloud.money            prints the table
python -m training.cloud.money --write    also writes it into docs/cloud.md, between its two marks

--measured FILE first takes the CPU time that training.cloud.throughput --out FILE has measured into prices.yaml.
"""

import argparse
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from training.data.paths import REPOSITORY

PRICES: Final = Path(__file__).with_name("prices.yaml")
DOCUMENT: Final = REPOSITORY / "docs" / "cloud.md"
WAY: Final = "DirectRunner, 1 worker"  # of training.cloud.throughput, which a worker of Dataflow is taken for
MARKS: Final = ("<!-- python -m training.cloud.money --write -->\n", "<!-- end of the table -->\n")


@dataclass(frozen=True, slots=True)
class Line:
    """One service: what it costs a month for each number of homes, US dollars."""

    service: str
    usd: tuple[float, ...]


class Costs:
    """Costs from the content of prices.yaml."""

    def __init__(self, content: dict[str, Any]) -> None:
        self._usd = {name: price["usd"] for name, price in content["prices"].items()}
        self._amounts, self._cpu_s = content["amounts"], content["measured"]["cpu_s_an_hour_of_sound"]
        self.homes: tuple[int, ...] = tuple(self._amounts["homes"])
        self.date = content["date"]

    @property
    def sound_h(self) -> float:
        """Hours of sound of one home in a month."""
        return float(self._amounts["crying_h_a_night"] * self._amounts["nights"])

    def rescoring_usd(self, homes: int) -> float:
        """Scoring the clips of a month anew in Dataflow."""
        vcpu_h = homes * self.sound_h * self._cpu_s / 3600
        hour_usd = self._usd["dataflow_vcpu_hour"] + self._amounts["memory_gb_a_vcpu"] * self._usd["dataflow_gb_hour"]
        reads_usd = homes * self._clips / 1000 * self._usd["reads_1000"]
        return float(vcpu_h * hour_usd + reads_usd)

    def lines(self) -> list[Line]:
        """Every service."""
        services: dict[str, Callable[[int], float]] = {
            "Cloud Storage: a month of clips, written once and kept a month": self._storage_usd,
            "Dataflow: these clips scored anew once": self.rescoring_usd,
            "BigQuery: a month of episodes, five questions a day": self._bigquery_usd,
            "Vertex AI: one training": lambda _: self._training_usd,
            "Vertex AI: a study of 20 trials, once": lambda _: self._study_usd,
            "Artifact Registry: the image of one training, kept a month": lambda _: self._image_usd,
        }
        return [Line(name, tuple(cost(homes) for homes in self.homes)) for name, cost in services.items()]

    @property
    def _clips(self) -> float:
        return float(self._amounts["clips_a_night"] * self._amounts["nights"])

    def _storage_usd(self, homes: int) -> float:
        gb = homes * self.sound_h * 60 * self._amounts["mb_a_minute"] / 1000
        return float(gb * self._usd["storage_gb_month"] + homes * self._clips / 1000 * self._usd["writes_1000"])

    def _bigquery_usd(self, homes: int) -> float:
        n_bytes = homes * self._clips * self._amounts["bytes_an_episode"]
        asked_tib = n_bytes * self._amounts["questions_a_month"] / 2**40
        return float(n_bytes / 1e9 * self._usd["bigquery_gb_month"] + asked_tib * self._usd["bigquery_tib"])

    @property
    def _training_usd(self) -> float:
        return float(self._amounts["trainings_a_month"] * self._amounts["hours_a_training"] * self._usd["vertex_hour"])

    @property
    def _study_usd(self) -> float:
        trial_usd = self._usd["vizier_trial"] + self._amounts["hours_a_training"] * self._usd["vertex_hour"]
        return float(self._amounts["trials_a_month"] * trial_usd)

    @property
    def _image_usd(self) -> float:
        return float(self._amounts["image_gb"] * self._usd["registry_gb_month"])


def table(content: dict[str, Any]) -> str:
    """Markdown table, US dollars a month."""
    costs = Costs(content)
    heads = [f"{homes:,} home{'s' * (homes > 1)}" for homes in costs.homes]
    lines = [f"| US dollars a month, prices of {costs.date} | {' | '.join(heads)} |", "|---" * (1 + len(heads)) + "|"]
    lines += [f"| {line.service} | {' | '.join(map(_usd, line.usd))} |" for line in costs.lines()]
    return "\n".join(lines) + "\n"


def _usd(amount: float) -> str:
    return "< 0.01" if 0 < amount < 0.01 else f"{amount:,.2f}"


def content() -> dict[str, Any]:
    """Content of prices.yaml."""
    loaded: dict[str, Any] = yaml.safe_load(PRICES.read_text(encoding="utf-8"))
    return loaded


def with_measured(prices: str, speeds: Sequence[Mapping[str, Any]]) -> str:
    """The text of prices.yaml with the CPU time of these speeds. Raises ValueError where it has none, or no place."""
    found = [speed["cpu_s"] / speed["audio_s"] * 3600 for speed in speeds if speed["way"] == WAY]
    if len(found) != 1:
        raise ValueError(f"the measurement has no figures of {WAY}")
    text, places = re.subn(r"(?m)^(  cpu_s_an_hour_of_sound:) [\d.]+", rf"\1 {found[0]:.1f}", prices)
    if places != 1:
        raise ValueError("the prices have no cpu_s_an_hour_of_sound")
    return text


def with_table(document: str, made: str) -> str:
    """The document with the table between its marks. Raises ValueError where a mark is missing."""
    before, first, rest = document.partition(MARKS[0])
    _, second, after = rest.partition(MARKS[1])
    if not first or not second:
        raise ValueError(f"the document lacks one of the marks {MARKS}")
    return f"{before}{first}{made}{second}{after}"


def main() -> None:
    """Print the table, and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the table into docs/cloud.md")
    parser.add_argument("--measured", type=Path, help="take the CPU time of this measurement into prices.yaml")
    options = parser.parse_args()
    if options.measured:
        speeds = json.loads(options.measured.read_text(encoding="utf-8"))
        PRICES.write_text(with_measured(PRICES.read_text(encoding="utf-8"), speeds), encoding="utf-8")
    made = table(content())
    print(made)
    if options.write:
        DOCUMENT.write_text(with_table(DOCUMENT.read_text(encoding="utf-8"), made), encoding="utf-8")


if __name__ == "__main__":
    main()
