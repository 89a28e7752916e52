"""Serve a Pulumi package on a local port, for PULUMI_DEBUG_PROVIDERS."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from embedded_cloud.providers.call import Clients
from embedded_cloud.providers.catalog import Catalog, catalog
from embedded_cloud.providers.inputs import schema
from embedded_cloud.providers.pending_creates import PendingCreates
from embedded_cloud.providers.protocol.servicer import Servicer

MAX_MESSAGE_BYTES = 400 * 1024 * 1024
"""The engine's own limit."""
WORKERS = 64
"""Concurrent operations; one that waits for AWS holds a thread."""


class Server:
    def __init__(self, port: int, server: grpc.Server, entries: Catalog) -> None:
        self.port = port
        self._server = server
        self._entries = entries

    def preload(self) -> None:
        """Import every SDK class, which takes seconds, before its first use.

        Not for a process that also runs the program: the SDK's lazy imports are not thread-safe.
        """
        for token in self._entries.resources:
            schema.outputs_of(token)
            schema.inputs_of(token)

    def stop(self) -> None:
        """Stop answering; running operations get a second to end."""
        self._server.stop(grace=1).wait()


def serve(package: str, endpoint: str, port: int = 0, pending_creates: Path | None = None) -> Server:
    """Serve `aws`, `random` or `docker` with the AWS API at `endpoint`; port 0 takes a free one.

    The file `pending_creates` keeps creations that the engine has not confirmed over a restart of this process.
    Raises OSError when the port is in use.
    """
    entries = catalog(package)
    options = [("grpc.max_receive_message_length", MAX_MESSAGE_BYTES), ("grpc.so_reuseport", 0)]
    server = grpc.server(ThreadPoolExecutor(WORKERS, thread_name_prefix=f"provider-{package}"), options=options)
    servicer = Servicer(entries, Clients(endpoint), PendingCreates(pending_creates))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    try:
        bound = server.add_insecure_port(f"127.0.0.1:{port}")
    except RuntimeError as error:
        raise OSError(f"port {port} on 127.0.0.1 is in use") from error
    server.start()
    return Server(bound, server, entries)
