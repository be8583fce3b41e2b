"""Urbanisation: official indicators, projections, the city system, land and settlement."""
