"""From a request with one reading to a verdict, and what rights follow from: who made what, what is sealed."""
