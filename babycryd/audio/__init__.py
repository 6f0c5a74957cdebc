"""PURE. Sound as arrays: blocks of mono 16 kHz samples, ring buffer, measures, resampling."""
