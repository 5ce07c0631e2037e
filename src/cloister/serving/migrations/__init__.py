"""Revisions of the tables of endpoints."""
