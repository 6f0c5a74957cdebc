"""The night and the week in words, figures and pictures."""
