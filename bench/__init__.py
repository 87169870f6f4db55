"""Measurements beside their limits: `make bench` runs them all; each also runs alone, as `python -m bench.NAME`."""
