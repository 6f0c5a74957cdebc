"""Tests. A package of its own name: dcase_util, which the training extra brings, has a folder `tests`, too."""
