"""What clients of the platform need on their own machines; imports nothing heavy."""
