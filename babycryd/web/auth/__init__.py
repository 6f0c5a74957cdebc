"""Access control of the page: passwords, sessions, login limits, proxies."""
