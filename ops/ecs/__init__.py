"""The ECS service of a stack: read it, and roll out a release on it."""
