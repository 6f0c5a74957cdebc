"""The network, its batches, its training loop and its scores hop after hop."""
