"""Measurements of the everyday commands. They print numbers and judge nothing."""
