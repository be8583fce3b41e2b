"""Seeded stand-ins for data that are not open: weather, readings of stations, scenes of land."""
