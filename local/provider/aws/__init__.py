"""Entries of the `aws` package, one module for each of AWS's services."""
