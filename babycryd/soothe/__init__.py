"""Soothing: strategy (when to play, PURE), tracks (what), player and mixer (how), and the controller over them."""
