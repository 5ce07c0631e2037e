"""The command line: one file a verb. No decision is taken here."""
