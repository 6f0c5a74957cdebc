"""The recordings: manifest, licences, reviews, teacher scores and labels."""
