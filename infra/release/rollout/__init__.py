"""The ECS rollout of a release: wait for it, and explain why it failed."""
