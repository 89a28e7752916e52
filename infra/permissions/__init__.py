"""What an application may call in AWS with its own role: `[[permissions]]` of hosting.toml."""
