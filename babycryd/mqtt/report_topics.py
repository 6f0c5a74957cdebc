"""PURE. Topics of the report and of the digest of the week, with their entities; part of the table in `topics.py`."""

from typing import Final

from babycryd.mqtt.entity import Entity, Topic

REPORTS: Final = (
    Topic(
        "report",
        "the night in one sentence and its figures, at `report.morning`",
        retained=True,
        entities=(
            Entity(
                "night_report",
                "sensor",
                "Night report",
                "mdi:weather-night",
                "{{ value_json.text | truncate(255) }}",  # longest state; the attribute has all of it
                attributes=True,
            ),
        ),
    ),
    Topic(
        "report/image",
        "the same as a picture: PNG in base64, at most 96 kB; `report.picture: false` leaves it out",
        retained=True,
        entities=(
            Entity(
                "night_picture",
                "image",
                "Night picture",
                "mdi:image-outline",
                more={"content_type": "image/png", "image_encoding": "b64"},
            ),
        ),
    ),
    Topic(
        "digest",
        "the week in up to five sentences and its figures, on Mondays at `report.morning`",
        retained=True,
        entities=(
            Entity(
                "week_digest",
                "sensor",
                "Week digest",
                "mdi:calendar-week",
                "{{ value_json.text | truncate(255) }}",
                attributes=True,
            ),
        ),
    ),
    Topic(
        "digest/image",
        "the same as a picture, as `report/image`",
        retained=True,
        entities=(
            Entity(
                "week_picture",
                "image",
                "Week picture",
                "mdi:image-outline",
                more={"content_type": "image/png", "image_encoding": "b64"},
            ),
        ),
    ),
)
