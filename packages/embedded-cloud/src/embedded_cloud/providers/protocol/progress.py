"""Progress lines that the engine shows beside a resource."""

import contextlib
import threading

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

TIMEOUT_SECONDS = 2.0
"""How long the engine may take to accept a line."""


class EngineLog:
    """Sends lines to the engine that is attached. Drops them when there is none or it does not answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._address = ""
        self._channel: grpc.Channel | None = None

    def attach(self, address: str) -> None:
        """Send further lines to the engine at this address."""
        with self._lock:
            if not address or address == self._address:
                return
            if self._channel is not None:
                self._channel.close()
            self._address, self._channel = address, grpc.insecure_channel(address)

    def line(self, urn: str, text: str) -> None:
        """Show one line beside the resource; it does not appear in the summary of the run."""
        with self._lock:
            channel = self._channel
        if channel is None:
            return
        request = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=text, urn=urn, ephemeral=True)
        # ValueError: another thread attached the next engine and closed the channel.
        with contextlib.suppress(grpc.RpcError, ValueError):
            engine_pb2_grpc.EngineStub(channel).Log(request, timeout=TIMEOUT_SECONDS)
