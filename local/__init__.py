"""The embedded cloud and the commands around it."""
