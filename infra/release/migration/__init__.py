"""The database migration of a release, run before ECS changes the service."""
