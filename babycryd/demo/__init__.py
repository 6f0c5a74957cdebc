"""Demo: a synthetic nursery night, without any recording."""
