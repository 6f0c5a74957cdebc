"""What happened, night for night: kept in a small database, drawn, summed up, told in the morning."""
