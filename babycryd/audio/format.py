"""PURE. Audio format inside the daemon: mono float32 samples at 16 kHz, one decision for each hop of 0.24 s."""

from typing import Final

SAMPLE_RATE_HZ: Final = 16_000
FRAME_HOP: Final = 160  # samples: 10 ms from one feature frame to the next
HOP_FRAMES: Final = 24  # feature frames in one hop
HOP: Final = HOP_FRAMES * FRAME_HOP  # samples: 0.24 s from one decision to the next
HOP_S: Final = HOP / SAMPLE_RATE_HZ
