"""Helpers that several commands of the command line share; no command itself."""
