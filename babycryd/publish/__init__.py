"""Telling the home: MQTT."""
