"""Diagnosis: known-bad environments, recognised by what stands and what is missed, each with its ways out."""
