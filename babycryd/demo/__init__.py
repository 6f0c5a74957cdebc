"""The demo: a synthetic nursery night, without any recording."""
