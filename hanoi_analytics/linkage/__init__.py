"""Health records linked to a population register: names, identifiers, model, quality, privacy."""
