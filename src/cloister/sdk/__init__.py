"""The platform from Python: what the command line does, as calls with values. Light to import."""
