"""Trains the cry classifier that babycryd ships: see training/README.md for the sequence of commands."""
