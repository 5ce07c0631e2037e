"""The built-in packs of intents: one file a kind, `opening.py` for all of them."""
