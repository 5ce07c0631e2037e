"""Cloister: the private machine-learning platform that you can prove is closed and that people can work in."""

__version__ = "0.1.0"
