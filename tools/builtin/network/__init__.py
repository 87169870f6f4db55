"""Tools that ask a service on the network: each asks one, reads its documented answers, and names where it has them from."""
