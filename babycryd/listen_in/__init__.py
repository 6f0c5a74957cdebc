"""Listening in: the live sound of the room as MP3, for the page and for players. It is never written to a file."""
