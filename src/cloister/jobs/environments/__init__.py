"""Where commands find their packages."""
