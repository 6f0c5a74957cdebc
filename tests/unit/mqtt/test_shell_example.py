"""The lines of shell in docs/mqtt.md, run as they stand but for the broker's address and the desktop."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.broker import PASSWORD, Broker
from tests.support.patience import HANG_S, exit_code, wait_until

pytestmark = pytest.mark.broker

PAGE = Path(__file__).parents[3] / "docs" / "mqtt.md"


def test_the_shell_example_says_when_the_baby_cries_and_when_it_is_calm(broker: Broker, tmp_path: Path) -> None:
    (tmp_path / "mqtt-password").write_text(PASSWORD)
    [script] = [part.partition("\n```")[0] for part in PAGE.read_text().split("```sh\n")[1:]]
    for theirs, ours in (
        ("-h homeassistant.local", f"-h {broker.host} -p {broker.port}"),
        ("/etc/babycryd", str(tmp_path)),
    ):
        assert theirs in script
        script = script.replace(theirs, ours)
    desktop = tmp_path / "notify-send"
    desktop.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/shown\n')
    desktop.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    shell = subprocess.Popen(["sh", "-c", script], env=os.environ | {"PATH": path}, start_new_session=True)
    try:
        wait_until(lambda: "Received SUBSCRIBE" in broker.log.read_text(), HANG_S, broker.log.read_text)
        late, new, deaf = '{"type":"new","delayed":true}', '{"type":"new"}', '{"type":"end","reason":"deaf"}'
        for episode in (late, new, '{"type":"update"}', deaf, '{"type":"end","reason":"calm"}'):
            broker.publish("babycryd/nursery/episode", episode)
        shown = tmp_path / "shown"
        wait_until(
            lambda: shown.exists() and shown.read_text().count("\n") == 2, HANG_S, lambda: "too little was shown"
        )
        assert shown.read_text() == "The baby cries\nThe baby is calm\n"
    finally:
        os.killpg(shell.pid, signal.SIGTERM)
        exit_code(shell, HANG_S)
