"""What the owner says of past episodes: kept in a small file, heeded by the detector."""
