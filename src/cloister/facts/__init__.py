"""Tables of facts, each row with its source and the date on which it was read."""
