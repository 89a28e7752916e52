"""The commands with their options and help. Other modules of ops do the work."""
