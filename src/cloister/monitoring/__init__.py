"""Signals on scored data, and alerts."""
