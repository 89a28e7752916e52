"""One-off tasks: commands with the environment of the release that serves."""
