"""Table of the sources: every dataset of the manifest with its licences and its share of the training time.

python -m training.data.sources        prints the table as Markdown
"""

import argparse
from collections import Counter
from collections.abc import Sequence

from training.data.manifest import Clip, load_manifest


def sources_table(clips: Sequence[Clip]) -> str:
    """Markdown table of the datasets: licences, clips and minutes on either side, share of the training time."""
    total_s = sum(clip.duration_s for clip in clips if clip.split == "train")
    lines = [
        "| source | licences of the clips | train clips | train min | val clips | val min | share of train |",
        "|---|---|---|---|---|---|---|",
    ]
    for dataset in sorted({clip.dataset for clip in clips}):
        of_set = [clip for clip in clips if clip.dataset == dataset]
        licences = Counter(clip.licence for clip in of_set)
        cells = [dataset, "; ".join(f"{name} ({count})" for name, count in licences.most_common())]
        for side in ("train", "val"):
            seconds = [clip.duration_s for clip in of_set if clip.split == side]
            cells += [str(len(seconds)), f"{sum(seconds) / 60:.1f}"]
        share = sum(clip.duration_s for clip in of_set if clip.split == "train") / total_s
        lines.append(f"| {' | '.join(cells)} | {share:.1%} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    print(sources_table(load_manifest()))


if __name__ == "__main__":
    main()
