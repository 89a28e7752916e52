"""Snapshots, restores, drills, dumps: what brings the data back."""
