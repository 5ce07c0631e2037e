"""What will run: references resolved, order found. Pure."""
