"""History of the nights: records of episodes, lullabies and listening in a small database."""
