"""Air, water, trends, weather taken out, land surface and exposure."""
