"""Prepares a machine: prints what is missing, then downloads or builds it.

Standard library only: it runs before the virtual environment exists."""
