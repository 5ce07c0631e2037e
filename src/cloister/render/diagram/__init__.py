"""The map of an environment as SVG: what stands, and the judged ways between."""
