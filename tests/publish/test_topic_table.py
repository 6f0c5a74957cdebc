"""docs/mqtt.md has the topics that the code has."""

from pathlib import Path

from babycryd.publish.topics import table


def test_the_table_in_the_docs_is_the_one_of_the_code() -> None:
    page = Path(__file__).parents[2] / "docs" / "mqtt.md"
    assert table() in page.read_text(), "put what babycryd.publish.topics.table() gives into docs/mqtt.md"
