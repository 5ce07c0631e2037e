"""Revisions of the tables of monitors."""
