"""Session Manager: ECS Exec and port forwarding, as AWS's plugin and its agent speak it."""
