"""The azurerm provider: its resources as a cloister document, by a table of types and attributes and a file a kind."""
