"""The machine around the daemon: logging, systemd."""
