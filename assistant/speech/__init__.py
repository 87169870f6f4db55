"""Voices behind one seam, and the normaliser that makes text fit to be spoken."""
