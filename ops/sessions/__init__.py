"""Sessions in tasks: ECS Exec and port forwarding, by AWS's Session Manager plugin."""
