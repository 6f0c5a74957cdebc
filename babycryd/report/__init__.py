"""Report of the night and the week, in words, figures and pictures."""
