"""Loops over cells and scenes, compiled by numba; none holds the interpreter's lock."""
