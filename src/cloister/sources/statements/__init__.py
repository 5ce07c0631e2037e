"""What people state beside a document, read from a file of its own and from the document's comments."""
