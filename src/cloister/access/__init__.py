"""Who may do what: policies, principals, decisions with their explanation, tokens."""
