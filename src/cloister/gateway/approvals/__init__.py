"""Approvals: somebody asks for a version to be moved, and somebody else who may move it decides."""
