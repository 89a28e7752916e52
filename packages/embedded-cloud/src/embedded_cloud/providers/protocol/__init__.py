"""Pulumi's provider protocol."""
