"""Degraded sound: rooms, microphones, synthetic sounds, training segments and scenes."""
