"""Readers that turn a file into text with places."""
