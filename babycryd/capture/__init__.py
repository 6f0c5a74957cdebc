"""Capture: from a microphone or a recording to blocks of mono 16 kHz audio with their time."""
