"""PURE. Texts of the nights, of what calms and of trouble on the page, in English."""

from typing import Final

TEXTS: Final = {
    # Numbers, changes and pictures of the nights
    "number.point": ".",
    "night.week_before": "last week {value}",
    "night.change.less": "{value} less",
    "night.change.more": "{value} more",
    "night.change.same": "much the same",
    "night.no_sound": "no sound was played",
    "picture.month": "Crying in each of thirty nights",
    "trend.scale": "crying, up to {length}",
    "trend.mean": "line: mean of seven nights",
    # The view of the nights, and the card of tonight
    "page.nights.trend": "Thirty nights",
    "page.nights.timeline": "Evening to morning",
    "page.nights.by_day": "Noon to noon",
    "page.tonight.more": "All nights",
    "page.episode.sure": "{confidence} % sure",
    "page.episode.listen": "Listen",
    "page.alert.no": "That is no cry",
    "page.done.unmarked": "The mark is taken back.",
    # The card of what calms
    "page.calms": "What calms",
    "page.calms.level": "Loudness at the cot",
    "page.calms.level.now": "as the volume is set",
    "page.calms.best": "{sound} calms best: {percent} % sure.",
    "page.calms.early.one": "Too early to tell: {tries} try so far.",
    "page.calms.early.other": "Too early to tell: {tries} tries so far.",
    "page.calms.none": "Too early to tell: nothing has been tried yet.",
    "page.calms.figures": (
        "calmed {calmed} of {tries} ({share} %), mostly in {length} · {percent} % sure to be the best"
    ),
    "page.calms.figures_none": "calmed none of {tries} · {percent} % sure to be the best",
    "page.calms.not_tried": "not tried yet",
    "page.calms.use": "When it plays",
    "page.calms.use.auto": "in turn",
    "page.calms.use.first": "first",
    "page.calms.use.muted": "never",
    "page.calms.all": "All sounds",
    "page.calms.fewer": "Fewer",
    # What needs the owner: the trouble in plain words, and further remedies
    "page.troubles": "What needs you",
    "page.trouble.why": "Details",
    "page.trouble.microphone": "The microphone gives no sound.",
    "page.trouble.too_loud": "The microphone is too loud.",
    "page.trouble.self_test": "The self-test was not heard.",
    "page.trouble.speaker": "The speaker does not play.",
    "page.trouble.broker": "Your home (MQTT) hears nothing of babycryd.",
    "page.trouble.broker_rights": "Your home (MQTT) lets babycryd in, but not write or read all it needs.",
    "page.trouble.cloud": "The cloud does not answer.",
    "page.trouble.alerts": "Alerts do not reach everyone.",
    "page.trouble.disk": "Nothing can be kept on the disk.",
    "page.trouble.clock": "The clock is not set.",
    "page.trouble.update": "An update failed, and the version before runs on.",
    "page.trouble.part": "A part of babycryd does not run.",
    "page.remedy.broker_rights": (
        "Listening and lullaby go on. Give babycryd’s user of the broker the right to read and write its "
        "topics; docs/mqtt.md has the list."
    ),
    "page.remedy.clock": (
        "Listening goes on; times are wrong until the clock is set. Connect the device to the network, or set "
        "its clock."
    ),
    "page.remedy.update": (
        "Listening goes on, and a newer version is installed when it comes. On the device, “sudo dpkg --configure -a” "
        "finishes an update that was interrupted, and says what is in its way."
    ),
    "page.remedy.part": "Listening goes on. “babycryd doctor” says what to do.",
    "page.health.clock": "Clock",
    "page.health.update": "Update",
    "page.health.part": "Other parts",
    # The model channel: a new model beside the one that decides
    "page.trouble.model_passed": "A new model is ready.",
    "page.trouble.model_rolled_back": "A new model was dropped.",
    "page.remedy.model_passed": (
        "It has listened along long enough. “babycryd model switch” lets it decide, “babycryd model "
        "rollback” drops it. Until then all stays as it is."
    ),
    "page.remedy.model_rolled_back": (
        "It alarmed more or could not run. The model before it listens on, and there is nothing to do."
    ),
    "page.health.model": "Model",
    "page.health.model_trial": "a new one listens along ({percent}\u00a0%)",
    "page.health.model_passed": "a new one is ready",
    "page.health.model_probation": "a new one decides on probation ({percent}\u00a0%)",
    "page.health.model_rolled_back": "a new one was dropped",
}
