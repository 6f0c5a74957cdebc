"""Detection, pure: samples in, events out; no clock, no I/O, no asyncio, no logging."""
