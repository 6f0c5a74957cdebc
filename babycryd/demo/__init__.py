"""A nursery night made of numbers: no recording of anyone."""
