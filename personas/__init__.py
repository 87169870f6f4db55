"""Personas: their schema, their store, the shipped ones, and the recognition of danger."""
