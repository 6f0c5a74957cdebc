"""What all rooms share: events and the bus, commands, records, state."""
