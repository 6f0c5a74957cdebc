"""MQTT client: publishes events to the home and receives its commands."""
