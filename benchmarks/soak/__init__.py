"""Days of nursery time through the whole daemon in minutes: `python -m benchmarks.soak`."""
