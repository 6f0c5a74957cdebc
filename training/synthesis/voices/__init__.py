"""Made-up voices: cries, and cats, laughter, vowels, toys and instruments that are taken for them."""
