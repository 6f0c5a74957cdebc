"""Nights for Baby Buddy, the baby's diary of https://github.com/babybuddy/babybuddy, over its REST API."""
