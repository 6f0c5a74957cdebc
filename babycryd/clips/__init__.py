"""Clips: recordings of episodes, kept on this computer only, with the owner's consent word for word."""
