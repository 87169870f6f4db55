"""The tools that ship with Hearth and work without a network."""
