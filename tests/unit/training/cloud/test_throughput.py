"""Speed of new scores: the table of what was measured."""

from training.cloud.throughput import HEAD, Speed, table


def test_a_row_has_speed_of_clock_and_cpu_and_the_cpu_time_of_an_hour() -> None:
    speed = Speed("plain loop", clips=600, audio_s=1800.0, wall_s=200.0, cpu_s=20.0)
    assert table([speed]) == f"{HEAD}\n| plain loop | 3.0 | 30.0 | 40.0 |"
