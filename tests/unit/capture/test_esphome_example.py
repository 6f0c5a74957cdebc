"""The ESPHome example: its code, compiled here, makes the packets that babycryd takes."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from babycryd.capture.pcm_packet import PacketOrder, parse_packet

EXAMPLE = Path(__file__).parents[3] / "config" / "esphome" / "nursery-microphone.yaml"
PROGRAM = """\
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>
struct Udp {{
  void send_packet(const std::vector<uint8_t> &packet) {{
    uint16_t size = packet.size();
    fwrite(&size, 2, 1, stdout);
    fwrite(packet.data(), 1, size, stdout);
  }}
}} to_babycryd;
#define id(name) name
void on_data(const std::vector<uint8_t> &x) {{
{lambda_}
}}
int main() {{
  for (int32_t call = 0; call < 3; call++) {{
    std::vector<uint8_t> x;
    for (int32_t i = 0; i < 700; i++) {{
      uint32_t value = (uint32_t)(700 * call + i - 1000) << 16;
      for (int bit = 0; bit < 32; bit += 8) x.push_back(value >> bit);
    }}
    on_data(x);
  }}
}}
"""


def test_its_packets_are_understood(tmp_path: Path) -> None:
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("no g++: apt install g++")
    found = re.search(r"- lambda: \|-\n(.*)", EXAMPLE.read_text(), re.DOTALL)
    assert found is not None
    (tmp_path / "example.cpp").write_text(PROGRAM.format(lambda_=found[1]))
    subprocess.run([compiler, "-std=c++20", "-o", tmp_path / "example", tmp_path / "example.cpp"], check=True)
    written = subprocess.run([tmp_path / "example"], capture_output=True, check=True).stdout
    order, passed = PacketOrder(), []
    while written:
        size = int.from_bytes(written[:2], "little")
        passed += order.push(parse_packet(written[2 : 2 + size]))
        written = written[2 + size :]
    samples = np.concatenate([each.samples for each in passed])
    assert samples.tolist() == list(range(-1000, 1100))
    assert {each.rate_hz for each in passed} == {16_000}
    assert max(len(each.samples) for each in passed) == 512
    assert (order.gaps, order.late) == (0, 0)
