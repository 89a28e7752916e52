"""The stack's resources in AWS and in Pulumi's state: `protection` and `recover`."""
