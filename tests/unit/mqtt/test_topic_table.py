"""docs/mqtt.md has the topics that the code has."""

from pathlib import Path

from babycryd.mqtt.entity import table
from babycryd.mqtt.topics import PUBLISHED


def test_the_table_in_the_docs_is_the_one_of_the_code() -> None:
    page = Path(__file__).parents[3] / "docs" / "mqtt.md"
    assert table(PUBLISHED) in page.read_text(), "put what table(PUBLISHED) gives into docs/mqtt.md"
