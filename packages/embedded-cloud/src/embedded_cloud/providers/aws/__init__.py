"""Entries of the `aws` package, by AWS service."""
