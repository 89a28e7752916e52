"""Measurements against peers, and of the everyday commands. They print numbers and assert nothing."""
