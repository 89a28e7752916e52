"""Entries of the `random` package."""
