"""The composition root and the life cycle of the daemon."""
