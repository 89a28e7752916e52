"""Validation of inputs against the SDK and the entries."""
