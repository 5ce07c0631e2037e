"""What `cloister check` tells: one value, and its text, JSON and SARIF forms."""
