"""The right: policies, principals, decisions with their explanation, tokens."""
