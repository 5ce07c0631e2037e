"""One control an entry: claim, why, how it is decided, remedy, cases."""
