"""The monthly cost of the stack."""
