"""Tools: what one is, the registry, the runner, and the ones that ship."""
