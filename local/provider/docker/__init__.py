"""The `docker` package: images really built and really pushed."""
