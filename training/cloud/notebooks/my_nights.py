# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # My nights
#
# A notebook on your own export: `babycryd history export --format json --out cries.json`. Nothing is sent anywhere.
# It is made from this file: `jupytext --to ipynb --output docs/my-nights.ipynb training/cloud/notebooks/my_nights.py`.

# %% tags=["parameters"]
export = "cries.json"

# %%
import json
from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median

import matplotlib.pyplot as plt
from matplotlib.dates import AutoDateLocator, DateFormatter

episodes = [one for one in json.loads(Path(export).read_text(encoding="utf-8")) if one["cry"] is not False]
for one in episodes:
    one["began"] = datetime.fromisoformat(one["started_at"]).astimezone()
    one["night"] = (one["began"] + timedelta(hours=12)).date()  # from noon to noon
print(f"{len(episodes)} cries, in {len({one['night'] for one in episodes})} nights that had one")

# %% [markdown]
# ## Minutes of crying in each night

# %%
minutes: dict[date, float] = defaultdict(float)
for one in episodes:
    minutes[one["night"]] += one["duration_s"] / 60
figure, axes = plt.subplots(figsize=(9, 3), layout="constrained")
axes.bar(list(minutes), list(minutes.values()), color="#5b7db1")
axes.xaxis.set_major_locator(AutoDateLocator(interval_multiples=False))  # else a month begins anew with its first day
axes.xaxis.set_major_formatter(DateFormatter("%d %b"))
axes.set(ylabel="minutes of crying")
plt.show()

# %% [markdown]
# ## The hours of the cries

# %%
figure, axes = plt.subplots(figsize=(9, 3), layout="constrained")
axes.hist([(one["began"].hour + 12) % 24 for one in episodes], bins=range(25), color="#5b7db1")
axes.set_xticks(range(0, 25, 3), [f"{(hour + 12) % 24}:00" for hour in range(0, 25, 3)])
axes.set(ylabel="cries", xlabel="they began in the hour from")
plt.show()

# %% [markdown]
# ## What calmed the baby, and in how much time

# %%
sounds: dict[str, list[float | None]] = defaultdict(list)
for one in episodes:
    for tried in one["sounds"]:
        if tried["outcome"] in {"calm", "same", "worse"}:
            sounds[tried["title"]].append(tried["took_s"] if tried["outcome"] == "calm" else None)
for title, took in sorted(sounds.items()):
    calmed = [seconds for seconds in took if seconds is not None]
    after = f", half of them within {median(calmed):.0f} s" if calmed else ""
    print(f"{title}: calmed {len(calmed)} of {len(took)} times{after}")
