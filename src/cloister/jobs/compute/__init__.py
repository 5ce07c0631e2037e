"""Computes: named queues with bounds and sizes, what jobs ask of them, and quotas."""
