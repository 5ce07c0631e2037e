"""The gateway's own pages: logging in and out, tokens."""
