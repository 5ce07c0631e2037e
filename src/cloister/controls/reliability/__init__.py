"""Controls on what goes on when something fails."""
