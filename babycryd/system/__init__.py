"""The system around the daemon: files, TLS, logging, systemd, threads, memory."""
