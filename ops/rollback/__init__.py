"""`rollback` and `forward`."""
