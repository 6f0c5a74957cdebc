"""Commands from the home: one dispatcher, and the values that it keeps across restarts."""
