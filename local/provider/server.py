"""Serves one package on a local port, for PULUMI_DEBUG_PROVIDERS."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from local.provider import schema
from local.provider.catalog import Catalog, catalog
from local.provider.clients import Clients
from local.provider.journal import Journal
from local.provider.servicer import Servicer

MAX_MESSAGE_BYTES = 400 * 1024 * 1024
"""What the engine itself allows."""
WORKERS = 64
"""Operations at a time. Those that wait for AWS hold a thread."""


class Server:
    """A provider that answers on 127.0.0.1:`port` until `stop`."""

    def __init__(self, port: int, server: grpc.Server, entries: Catalog) -> None:
        self.port = port
        self._server = server
        self._entries = entries

    def preload(self) -> None:
        """Import every SDK class now (seconds) instead of at its first use.

        Not in a process that also runs the program: two threads cannot load the SDK's lazy modules at once.
        """
        for token in self._entries.resources:
            schema.outputs_of(token)
            schema.inputs_of(token)

    def stop(self) -> None:
        """Stop answering; operations under way get a second to end."""
        self._server.stop(grace=1).wait()


def serve(package: str, endpoint: str, port: int = 0, journal: Path | None = None) -> Server:
    """Serve `aws`, `random` or `docker` against the AWS API at `endpoint`, on a free port unless one is named.

    With `journal`, creations that the engine has not confirmed survive a restart of this process. Raises OSError
    when the port is taken.
    """
    entries = catalog(package)
    options = [("grpc.max_receive_message_length", MAX_MESSAGE_BYTES), ("grpc.so_reuseport", 0)]
    server = grpc.server(ThreadPoolExecutor(WORKERS, thread_name_prefix=f"provider-{package}"), options=options)
    servicer = Servicer(entries, Clients(endpoint), Journal(journal))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    try:
        bound = server.add_insecure_port(f"127.0.0.1:{port}")
    except RuntimeError as error:
        raise OSError(f"port {port} on 127.0.0.1 is in use") from error
    server.start()
    return Server(bound, server, entries)
