# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # What the classifier hears
#
# Listen, look at features and scores, see which sounds are taken for cries, and how well scores are calibrated. It runs
# on this computer. `training/cloud/explore.ipynb` is made from this file:
# `jupytext --to ipynb --output training/cloud/explore.ipynb training/cloud/notebooks/explore.py`.

# %% tags=["parameters"]
scores = "rescored"  # folder of `python -m training.cloud.dataflow rescore --output rescored`
warehouse = "home.duckdb"  # made by `python -m training.cloud.load home.duckdb`; its nights are drawn at the end

# %%
from pathlib import Path
from statistics import NormalDist

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Audio, display
from matplotlib.dates import AutoDateLocator, DateFormatter

from babycryd.audio.format import HOP_S, SAMPLE_RATE_HZ
from babycryd.detect.features import WINDOW_S, log_mel
from training.cloud.ask import QUERIES
from training.cloud.load import opened, parquet_rows
from training.cloud.schema import Row
from training.data.recordings import load_audio

rows = parquet_rows(Path(scores))
cries = [row for row in rows if row["is_cry"]]
others = [row for row in rows if row["is_cry"] is False]
neither = len(rows) - len(cries) - len(others)
print(f"{len(cries)} recordings of crying babies, {len(others)} of other sounds, {neither} with a label of neither")

# %% [markdown]
# ## One cry, and the sound that comes closest to one


# %%
def shown(row: Row) -> None:
    """Play a recording, and draw its features with the scores over them."""
    samples = load_audio(row["recording"])
    display(Audio(samples, rate=SAMPLE_RATE_HZ))
    _, axes = plt.subplots(figsize=(9, 3), layout="constrained")
    mel = log_mel(samples)
    axes.imshow(mel.T, origin="lower", aspect="auto", extent=(0, len(mel) / 100, 0, 64), cmap="magma")
    axes.set(xlabel="seconds", ylabel="mel band", title=f"{row['kind']}: {row['recording']}")
    over = axes.twinx()
    over.plot(WINDOW_S + HOP_S * np.arange(len(row["track"])), row["track"], color="white", linewidth=2, label="score")
    over.set(ylim=(0, 1.05), ylabel="score")
    for number, at_s in enumerate(row["alarms_at_s"]):
        over.axvline(at_s, color="cyan", linestyle=":", label="_" * (number > 0) + "alarm")
    over.legend(loc="lower right", facecolor="black", labelcolor="white")
    plt.show()


shown(max(cries, key=lambda row: row["duration_s"] * (row["highest"] or 0)))
shown(max(others, key=lambda row: row["highest"] or 0))

# %% [markdown]
# ## Confusers: the highest scores of each kind of sound

# %%
kinds: dict[str, list[float]] = {}
for row in others:
    kinds.setdefault(row["kind"], []).append(row["highest"] or 0.0)
worst = sorted(kinds, key=lambda kind: float(np.mean(kinds[kind])))[-12:]
figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
labels = [f"{kind} ({len(kinds[kind])})" for kind in worst]
axes.boxplot([kinds[kind] for kind in worst], orientation="horizontal", tick_labels=labels)
axes.set(xlabel="highest score of each recording (number of them)", xlim=(-0.02, 1.02))
axes.set_title("Sounds that come closest to a cry")
plt.show()

# %% [markdown]
# ## Detection error tradeoff
#
# Each threshold misses some recordings of cries and takes some other sounds for one. Both axes are those of the normal
# distribution, on which two normal distributions of scores give a straight line.

# %%
tops = {
    True: np.array([row["highest"] or 0 for row in cries]),
    False: np.array([row["highest"] or 0 for row in others]),
}
thresholds = np.unique(np.concatenate(list(tops.values())))
missed = np.array([(tops[True] < at).mean() for at in thresholds])
false = np.array([(tops[False] >= at).mean() for at in thresholds])
inside = (missed > 0) & (missed < 1) & (false > 0) & (false < 1)
deviate = np.vectorize(NormalDist().inv_cdf)
figure, axes = plt.subplots(figsize=(5, 5), layout="constrained")
if inside.any():
    axes.plot(deviate(false[inside]), deviate(missed[inside]), marker=".")
else:
    axes.text(0.5, 0.5, "no error on both sides:\ntoo few recordings", ha="center", transform=axes.transAxes)
shares = [0.01, 0.05, 0.2, 0.5, 0.8]
axes.set_xticks(deviate(shares), [f"{share:.0%}" for share in shares])
axes.set_yticks(deviate(shares), [f"{share:.0%}" for share in shares])
axes.set(xlabel="other sounds taken for a cry", ylabel="cries missed", title="Detection error tradeoff, by recording")
plt.show()

# %% [markdown]
# ## Calibration
#
# Of all hops with a score near p, a share of p should be of a crying baby. The recordings hold far more crying than a
# home does, so the curve lies above the diagonal: the shipped calibration is for a home (docs/model-card.md).

# %%
pairs = [(score, bool(row["is_cry"])) for row in cries + others for score in row["track"]]
values, truth = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
bins = np.minimum((values * 10).astype(int), 9)
filled = [number for number in range(10) if (bins == number).any()]
figure, axes = plt.subplots(figsize=(5, 5), layout="constrained")
axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
axes.plot([values[bins == n].mean() for n in filled], [truth[bins == n].mean() for n in filled], marker="o")
axes.set(xlabel="score", ylabel="share of hops in recordings of cries", title="Calibration on these recordings")
plt.show()

# %% [markdown]
# ## One baby's month
#
# A night without a bar had no cry, or babycryd was off.

# %%
nights = opened(warehouse).ask(QUERIES["nights"].read_text(encoding="utf-8"))
last = nights[-1]
month = [one for one in nights if one["device"] == last["device"] and (last["night"] - one["night"]).days < 30]
figure, axes = plt.subplots(figsize=(9, 3), layout="constrained")
axes.bar([night["night"] for night in month], [night["crying_min"] for night in month], color="#5b7db1")
axes.xaxis.set_major_locator(AutoDateLocator(interval_multiples=False))
axes.xaxis.set_major_formatter(DateFormatter("%d %b"))
axes.set(ylabel="minutes of crying", title="Thirty nights")
plt.show()

# %%
opened(warehouse).ask(QUERIES["calm_by_sound"].read_text(encoding="utf-8"))
