"""The floor every room stands on: errors, documents, the database and the one way out."""
