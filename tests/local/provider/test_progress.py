"""Lines of progress on their way to the engine."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from local.provider.progress import EngineLog

URN = "urn:pulumi:test::test::docker:index/image:Image::web"


class Engine(engine_pb2_grpc.EngineServicer):
    """As much of an engine as takes lines."""

    def __init__(self) -> None:
        self.lines: list[Any] = []

    def Log(self, request: Any, _context: Any) -> Any:  # noqa: N802 - the protocol's name
        self.lines.append(request)
        return empty_pb2.Empty()


@pytest.fixture
def engine() -> Iterator[tuple[Engine, str]]:
    servicer, server = Engine(), grpc.server(ThreadPoolExecutor(2))
    engine_pb2_grpc.add_EngineServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield servicer, f"127.0.0.1:{port}"
    server.stop(grace=None).wait()


def test_a_line_is_shown_beside_its_resource_and_not_kept(engine: tuple[Engine, str]) -> None:
    servicer, address = engine
    log = EngineLog()
    log.attach(address)
    log.line(URN, "2 of 2 tasks run")
    (line,) = servicer.lines
    assert (line.urn, line.message, line.ephemeral) == (URN, "2 of 2 tasks run", True)
    assert line.severity == engine_pb2.INFO


def test_lines_follow_the_engine_of_the_present_run(engine: tuple[Engine, str]) -> None:
    servicer, address = engine
    log = EngineLog()
    log.attach("127.0.0.1:1")
    log.attach(address)
    log.line(URN, "here")
    assert [line.message for line in servicer.lines] == ["here"]


def test_an_engine_that_is_gone_stops_nothing() -> None:
    log = EngineLog()
    log.line(URN, "nobody listens yet")
    log.attach("127.0.0.1:1")
    log.line(URN, "nobody listens any more")
