"""Who may use the page: passwords, sessions, login limits, proxies."""
