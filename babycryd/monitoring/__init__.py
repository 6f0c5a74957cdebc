"""Monitoring of the daemon: liveness watchdog, health, self-test, and the list of checks."""
