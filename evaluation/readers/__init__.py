"""Readers: the file forms that data sets come in, to plain values."""
