"""What is common to the inputs of all kinds: bytes → text, numbers, tables, documents, links."""
