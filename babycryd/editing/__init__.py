"""Editing: what the page may change in the configuration, and how its text is changed."""
