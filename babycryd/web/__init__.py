"""What a browser or a script may ask of the daemon, over HTTP."""
