"""Commands from the home: one dispatcher, and what it keeps across restarts."""
