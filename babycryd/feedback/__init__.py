"""The owner's marks of past episodes: kept in a small file, learnt from by the detector."""
