"""docs/mqtt.md has the topics that the code has."""

from pathlib import Path

from babycryd.mqtt.topics import table


def test_the_table_in_the_docs_is_the_one_of_the_code() -> None:
    page = Path(__file__).parents[3] / "docs" / "mqtt.md"
    assert table() in page.read_text(), "put what babycryd.mqtt.topics.table() gives into docs/mqtt.md"
