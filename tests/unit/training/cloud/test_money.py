"""Costs: worked out from prices and amounts, and the table of the documentation is the present one."""

import copy

import pytest
import yaml

from training.cloud.money import DOCUMENT, MARKS, PRICES, WAY, Costs, content, table, with_measured, with_table
from training.cloud.throughput import WAYS


def test_the_documentation_has_the_present_table() -> None:
    document = DOCUMENT.read_text("utf-8")
    assert with_table(document, table(content())) == document


def test_every_price_says_where_it_comes_from() -> None:
    for name, price in content()["prices"].items():
        assert price.keys() in ({"usd", "read"}, {"usd", "recalled"}), name


def test_rescoring_costs_cpu_memory_and_reads() -> None:
    known = copy.deepcopy(content())
    known["measured"]["cpu_s_an_hour_of_sound"] = 36.0
    known["prices"] = {name: {"usd": 0.0} for name in known["prices"]}
    known["prices"] |= {"dataflow_vcpu_hour": {"usd": 1.0}, "reads_1000": {"usd": 1.0}}
    assert Costs(known).rescoring_usd(100) == pytest.approx(100 * 15 * 0.01 + 12.0)


def test_what_depends_on_homes_grows_with_them_and_trainings_do_not() -> None:
    lines = Costs(content()).lines()
    for line in lines[:3]:
        assert line.usd[2] == pytest.approx(100 * line.usd[1])
    for line in lines[3:]:
        assert len(set(line.usd)) == 1


def test_a_document_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks one of the marks"):
        with_table(f"text {MARKS[0]} text", "")


def test_a_measurement_is_taken_into_the_prices_and_nothing_else_changes() -> None:
    prices = PRICES.read_text("utf-8")
    speed = {"way": WAY, "clips": 600, "audio_s": 1800.0, "wall_s": 99.0, "cpu_s": 15.25}
    assert WAY in WAYS
    changed = yaml.safe_load(with_measured(prices, [speed]))
    assert changed == {**content(), "measured": {"cpu_s_an_hour_of_sound": 30.5}}
    with pytest.raises(ValueError, match="no figures of DirectRunner, 1 worker"):
        with_measured(prices, [{**speed, "way": "plain loop"}])
    with pytest.raises(ValueError, match="no cpu_s_an_hour_of_sound"):
        with_measured("prices: {}", [speed])
