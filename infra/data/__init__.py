"""Stateful resources: database, media bucket and secrets, with the guards that keep them."""
