"""Metrics for Prometheus, computed at each request."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from babycryd import __version__
from babycryd.core.events import STATES
from babycryd.core.liveness import Liveness
from babycryd.web.state_view import StateView

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric


@dataclass(frozen=True, slots=True)
class MetricsSource:
    """The values that the metrics are computed from, at the time of one request."""

    state_view: StateView
    liveness: Liveness
    lost: dict[str, int]
    outbox: tuple[int, int] | None  # messages that wait for the broker, and that were dropped; None: no broker
    viewers: int
    listeners: int  # of the live sound
    viewer_updates_dropped: int
    connections_refused: int
    logins_refused: int


def exposition(figures: MetricsSource) -> tuple[bytes, str]:
    """Return the exposition and its media type. For a thread: importing the library takes 0.1 s on a Pi."""
    from prometheus_client import CollectorRegistry, ProcessCollector
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
    from prometheus_client.registry import Collector

    class Now(Collector):
        def collect(self) -> "Iterator[Metric]":
            yield from _state_metrics(figures)
            yield from _counters(figures)
            yield from _health_metrics(figures)
            yield from _trouble_metrics(figures)

    registry = CollectorRegistry()
    registry.register(Now())
    ProcessCollector(registry=registry)
    return generate_latest(registry), CONTENT_TYPE_LATEST


def _state_metrics(figures: MetricsSource) -> "Iterator[Metric]":
    from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily

    yield InfoMetricFamily("babycryd", "Version of babycryd.", {"version": __version__})
    yield GaugeMetricFamily("babycryd_listening", "1 while a cry would be heard.", float(figures.liveness.listening))
    state = figures.state_view.state.state if figures.state_view.state else "deaf"
    states = GaugeMetricFamily("babycryd_state", "1 for the present state.", labels=["state"])
    for each in STATES:
        states.add_metric([each], float(each == state))
    yield states
    ages = {"judged": figures.liveness.judged_ago_s, "classified": figures.liveness.classified_ago_s}
    for name, age_s in ages.items():
        if age_s is not None:
            what = f"Age of the last sound that was {name}."
            yield GaugeMetricFamily(f"babycryd_last_{name}_age_seconds", what, age_s)
    controls = figures.state_view.controls
    if controls is not None:
        snooze_s = max(0.0, (controls.snoozed_until_utc_s or 0.0) - time.time())
        yield GaugeMetricFamily(
            "babycryd_volume_percent", "Volume in percent of lullaby.max_volume.", controls.volume_percent
        )
        yield GaugeMetricFamily("babycryd_threshold", "Score from which a window counts as crying.", controls.threshold)
        yield GaugeMetricFamily("babycryd_snooze_left_seconds", "Time left of the snooze.", snooze_s)


def _counters(figures: MetricsSource) -> "Iterator[Metric]":
    from prometheus_client.core import CounterMetricFamily

    totals = figures.state_view.totals
    counters = {
        "babycryd_episodes": ("Episodes of crying.", totals.episodes),
        "babycryd_crying_seconds": ("Length of all episodes.", totals.crying_s),
        "babycryd_episodes_calmed": ("Episodes that ended because the baby was calm.", totals.calm),
        "babycryd_settling_seconds": ("Time until calm, summed over those episodes.", totals.settled_s),
        "babycryd_lullabies": ("Lullabies started.", totals.lullabies),
        "babycryd_lullaby_failures": ("Lullabies that could not be played.", totals.lullaby_failures),
        "babycryd_deaf": ("Times that the daemon became deaf.", totals.deaf),
        "babycryd_page_updates_dropped": ("Updates dropped for slow browsers.", figures.viewer_updates_dropped),
        "babycryd_page_connections_refused": ("Connections beyond the limit.", figures.connections_refused),
        "babycryd_page_logins_refused": ("Wrong passwords, and tries beyond the limit.", figures.logins_refused),
    }
    for name, (what, value) in counters.items():
        yield CounterMetricFamily(name, what, float(value))
    lost = CounterMetricFamily("babycryd_lost", "Items dropped from full queues.", labels=["queue"])
    for queue, count in figures.lost.items():
        lost.add_metric([queue], float(count))
    yield lost


def _health_metrics(figures: MetricsSource) -> "Iterator[Metric]":
    """Yield the metrics of pages and listeners, and of the health that is measured once a minute."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    yield GaugeMetricFamily("babycryd_page_viewers", "Open live pages.", float(figures.viewers))
    yield GaugeMetricFamily("babycryd_listeners", "Listeners of the live sound.", float(figures.listeners))
    health = figures.state_view.health
    if health is None:
        return
    gauges = {
        "babycryd_uptime_seconds": ("Time since the start.", health.uptime_s),
        "babycryd_cpu_percent": ("CPU use in percent of one core, over the last minute.", health.cpu_percent),
        "babycryd_memory_megabytes": ("Resident memory.", health.rss_mb),
        "babycryd_lag_seconds": ("The longest from a sound to its judgement, over the last minute.", health.lag_s),
        "babycryd_temperature_celsius": ("Temperature of this computer.", health.temperature_c),
        "babycryd_microphone": ("1 while the microphone delivers sound.", float(health.microphone is not None)),
        "babycryd_speaker": ("1 unless the last lullaby failed.", float(health.speaker is not None)),
        "babycryd_cloud_route": ("1 while sounds are judged in the cloud.", float(health.route == "cloud")),
    }
    for name, (what, value) in gauges.items():
        if value is not None:
            yield GaugeMetricFamily(name, what, value)
    yield CounterMetricFamily("babycryd_dropped_blocks", "Blocks of sound that were lost.", health.dropped_blocks)
    yield CounterMetricFamily("babycryd_offloaded_segments", "Segments judged in the cloud.", health.offloaded_segments)


def _trouble_metrics(figures: MetricsSource) -> "Iterator[Metric]":
    """Yield the metrics that an operator of many rooms is alerted by."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    marks = GaugeMetricFamily("babycryd_marks", "Episodes with a mark of the owner.", labels=["cry"])
    for name, cry in (("yes", True), ("no", False)):
        marks.add_metric([name], float(sum(mark == cry for mark in figures.state_view.marks.values())))
    yield marks
    if figures.outbox is not None:
        waiting, dropped = figures.outbox
        yield GaugeMetricFamily("babycryd_outbox", "Messages that wait for the broker.", float(waiting))
        yield CounterMetricFamily("babycryd_outbox_dropped", "Messages dropped from the full outbox.", float(dropped))
    health = figures.state_view.health
    if health is None:
        return
    if health.self_test is not None:
        heard = health.self_test.verdict == "heard"
        yield GaugeMetricFamily("babycryd_self_test", "1 if the last self-test heard the speaker.", float(heard))
    troubles = {
        "microphone": health.microphone_trouble,
        "broker": health.broker,
        "cloud": health.cloud,
        "alerts": health.alerts,
        "disk": health.disk,
        "echo": health.echo,
        "update": health.update,
    } | dict(health.closed)
    trouble = GaugeMetricFamily("babycryd_trouble", "1 while a part does not work as it should.", labels=["part"])
    for part, why in troubles.items():
        trouble.add_metric([part], float(why is not None))
    yield trouble
