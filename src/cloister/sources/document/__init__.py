"""The shape of `cloister.yaml`: what an author may write, with the words that editors and the reference page show."""
