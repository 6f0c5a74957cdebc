"""HTTP server: live page, state, commands, records and metrics."""
