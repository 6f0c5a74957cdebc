"""Recordings of episodes, kept on this computer only where the owner has consented word for word."""
