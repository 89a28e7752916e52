"""Serve Pulumi's `aws`, `random` and `docker` packages to the engine, on the embedded AWS API.

The README of the package explains how to add a resource type.
"""

from embedded_cloud.providers.protocol.server import Server, serve

__all__ = ["Server", "serve"]
