"""Access keys: made, sealed, handed out for a while, and what they prove."""
