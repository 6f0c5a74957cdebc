"""Backup and restore: configuration, history, marks and what was learnt, in one file."""
