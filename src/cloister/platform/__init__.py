"""Composition: starts, watches and stops everything that one cloister.yaml names."""
