"""Training, scoring and exploration in Google Cloud with the code that runs at home."""
