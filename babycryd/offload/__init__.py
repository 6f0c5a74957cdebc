"""Scoring elsewhere, for when this computer is too busy: only where the owner switched it on, and never for long."""
