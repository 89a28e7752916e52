"""Property values and progress lines on the wire."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from embedded_cloud.providers.protocol.progress import EngineLog
from embedded_cloud.providers.values import SECRET, SIGNATURE, UNKNOWN, UNKNOWN_STRING, contains_unknown, decode, encode


def struct(**values: object) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update(values)
    return message


def test_whole_numbers_become_int_and_fractions_stay() -> None:
    values = decode(struct(port=80.0, ratio=0.5, deep={"list": [1.0]})).values
    assert values == {"port": 80, "ratio": 0.5, "deep": {"list": [1]}}
    assert type(values["port"]) is int


def test_a_secret_anywhere_in_a_property_keeps_the_whole_property_secret() -> None:
    hidden = {SIGNATURE: SECRET, "value": "s3cret"}
    found = decode(struct(plain="a", whole=hidden, deep=[{"password": hidden}]))
    assert found.values == {"plain": "a", "whole": "s3cret", "deep": [{"password": "s3cret"}]}
    assert found.secrets == {"whole", "deep"}
    assert decode(encode(found.values, found.secrets)) == found


def test_unknown_values_survive_a_round_trip() -> None:
    values = decode(struct(id=UNKNOWN_STRING, deep={"list": [UNKNOWN_STRING]})).values
    assert values["id"] is UNKNOWN
    assert contains_unknown(values["deep"])
    assert not contains_unknown({"a": ["b"]})
    assert encode(values).fields["id"].string_value == UNKNOWN_STRING


def test_nulls_at_the_top_level_are_left_out() -> None:
    assert decode(struct(a=None, b="c")).values == {"b": "c"}
    assert "a" not in encode({"a": None}).fields


URN = "urn:pulumi:test::test::docker:index/image:Image::web"


class Engine(engine_pb2_grpc.EngineServicer):
    """The part of an engine that receives lines."""

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


def test_a_line_is_shown_beside_its_resource(engine: tuple[Engine, str]) -> None:
    servicer, address = engine
    log = EngineLog()
    log.attach(address)
    log.line(URN, "2 of 2 tasks run")
    (line,) = servicer.lines
    assert (line.urn, line.message, line.ephemeral) == (URN, "2 of 2 tasks run", True)
    assert line.severity == engine_pb2.INFO


def test_lines_go_to_the_engine_that_attached_last(engine: tuple[Engine, str]) -> None:
    servicer, address = engine
    log = EngineLog()
    log.attach("127.0.0.1:1")
    log.attach(address)
    log.line(URN, "here")
    assert [line.message for line in servicer.lines] == ["here"]


def test_a_lost_engine_does_not_stop_an_operation() -> None:
    log = EngineLog()
    log.line(URN, "no engine")
    log.attach("127.0.0.1:1")
    log.line(URN, "lost engine")
