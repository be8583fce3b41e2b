"""Loops over cells, compiled by numba; none holds the interpreter's lock."""
