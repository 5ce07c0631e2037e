"""Slips in policy documents: what people write by mistake, each with its place, its reason and its mend."""
