"""What the gateway tells of itself to those who run it: counts and traces."""
