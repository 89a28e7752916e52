"""Entries of the `docker` package."""
