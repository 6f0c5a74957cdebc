"""Is the daemon well: liveness watchdog, health, self-test, and the list of checks."""
