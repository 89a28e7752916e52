"""Lines of progress, shown by the engine beside the resource they belong to."""

import contextlib
import threading

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

PATIENCE_SECONDS = 2.0
"""How long the engine may take to accept a line; progress is never worth more."""


class EngineLog:
    """Tells the engine that runs now. Without one, and when it does not answer, lines are dropped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._address = ""
        self._channel: grpc.Channel | None = None

    def attach(self, address: str) -> None:
        """From now on lines go to the engine at this address."""
        with self._lock:
            if not address or address == self._address:
                return
            if self._channel is not None:
                self._channel.close()
            self._address, self._channel = address, grpc.insecure_channel(address)

    def line(self, urn: str, text: str) -> None:
        """Show one line beside the resource, for the time being: it is not kept in the run's summary."""
        with self._lock:
            channel = self._channel
        if channel is None:
            return
        request = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=text, urn=urn, ephemeral=True)
        # ValueError: the channel was closed for the next run's engine in between.
        with contextlib.suppress(grpc.RpcError, ValueError):
            engine_pb2_grpc.EngineStub(channel).Log(request, timeout=PATIENCE_SECONDS)
