"""Packages of the closed network: which are allowed, the files that are here, and the index that serves them."""
