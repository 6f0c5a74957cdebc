"""Alerts to phones: which event becomes an alert, who is told how often, and the services that carry it."""
