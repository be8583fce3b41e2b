"""Radio coverage: propagation, networks, who is served, checks, and where to build."""
