"""Schedules of jobs: when they run, what, as whom."""
