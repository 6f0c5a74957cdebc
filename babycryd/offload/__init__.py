"""Offload: scoring in the cloud while this computer is too busy, only where the owner switched it on."""
