"""The other half of a question: who somebody is, what a deed needs, and what its roles, policies and keys say to it."""
