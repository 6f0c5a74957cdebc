"""The core loop: from blocks of audio through detection to the bus, live and over recordings."""
