"""The door to jobs: requests, answers, rights."""
