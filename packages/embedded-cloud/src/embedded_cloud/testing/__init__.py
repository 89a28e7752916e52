"""Helpers for tests of programs that run on the embedded cloud."""
