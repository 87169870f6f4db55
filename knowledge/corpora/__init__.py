"""Readers for corpora that are records rather than prose."""
