"""Searching for the best values of a command's parameters: which to try next, and what to stop early. Pure."""
