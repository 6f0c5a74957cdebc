"""Feedback: the owner's marks of past episodes, kept in a small file, from which the detector learns."""
