"""Trial of an update (`__main__.py` beside this folder), with nothing but the standard library of Debian's Python."""
