"""Figures: detectors side by side, scenes, reports, pictures and the model card."""
