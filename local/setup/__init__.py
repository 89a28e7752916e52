"""Prepares a machine: says what is missing, then fetches or builds it. Standard library only: it runs before the
virtual environment exists."""
