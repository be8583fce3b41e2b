"""Loops over pairs of values, compiled by numba; none holds the interpreter's lock."""
