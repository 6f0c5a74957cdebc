"""The shipped files: calibration, export and reproduction."""
