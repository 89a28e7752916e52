"""HAProxy's protocol for agents."""

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_cloud.agents.waf import server, spop
from embedded_cloud.agents.waf.inspector import web_request
from embedded_cloud.agents.waf.server import SpopServer

NUMBERS = st.integers(0, 2**63 - 1)
INSPECT = b"\x07inspect"
NOTIFY = spop.render(spop.Frame(spop.NOTIFY, 1, 1, INSPECT + b"\x01\x01a\x08\x02hi"))


@given(NUMBERS, NUMBERS, st.binary(max_size=300))
def test_a_frame_is_read_as_it_was_written(stream: int, number: int, payload: bytes) -> None:
    frame = spop.Frame(spop.NOTIFY, stream, number, payload)
    written = spop.render(frame)
    assert int.from_bytes(written[:4], "big") == len(written) - 4
    assert spop.parse(written[4:]) == frame


@pytest.mark.parametrize(
    ("number", "written"), [(239, b"\xef"), (240, b"\xf0\x00"), (2287, b"\xff\x7f"), (2288, b"\xf0\x80\x00")]
)
def test_numbers_are_written_as_the_protocol_has_them(number: int, written: bytes) -> None:
    """The examples of SPOE.txt, section 3.1."""
    frame = spop.render(spop.Frame(spop.ACK, number, 0, b""))
    assert frame[9:] == written + b"\x00"


def test_the_values_of_a_message_are_read() -> None:
    values = b"\x02ip\x06\x7f\x00\x00\x01" + b"\x01a\x08\x02hi" + b"\x01b\x11" + b"\x01c\x00"
    values += b"\x01d\x09\x01\xff" + b"\x01e\x03\x05"
    assert spop.arguments_of(INSPECT + b"\x06" + values) == {
        "ip": "127.0.0.1",
        "a": "hi",
        "b": True,
        "c": None,
        "d": b"\xff",
        "e": 5,
    }


def test_the_answer_agrees_on_version_and_size_and_sets_variables() -> None:
    offered = {"supported-versions": "2.0", "max-frame-size": 98_300}
    found = spop.values_of(spop.hello(offered).payload)
    assert found == {"version": "2.0", "max-frame-size": 98_300, "capabilities": "pipelining"}
    asked = spop.Frame(spop.NOTIFY, 3, 4, b"")
    answer = spop.acknowledge(asked, {"blocked": True})
    assert answer == spop.Frame(spop.ACK, 3, 4, b"\x01\x03\x02\x07blocked\x11")


def test_a_frame_in_fragments_is_refused() -> None:
    with pytest.raises(ValueError, match="fragments"):
        spop.parse(b"\x03\x00\x00\x00\x00\x00\x00")


def test_a_message_becomes_a_request() -> None:
    headers = "host: localhost:8443\r\nx-a: b: c\r\n\r\n"
    found = web_request({"client": "10.0.0.1", "headers": headers, "body": b"\xff", "size": 9, "query": None}, (8443,))
    assert found.headers == [("host", "localhost:8443"), ("x-a", "b: c")]
    assert (found.body, found.body_size, found.query, found.published) == ("\xff", 9, "", True)


@pytest.fixture(scope="module")
def listener() -> Iterator[SpopServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "FRAME_SECONDS", 0.2)
        made = SpopServer("127.0.0.1", lambda arguments: {"blocked": arguments["a"] == "hi"})
        yield made
        made.close()


def send(listener: SpopServer, content: bytes, *, end: bool = True) -> list[spop.Frame]:
    """Send bytes, and return the frames that come until the connection closes."""
    with socket.create_connection(("127.0.0.1", listener.port), timeout=3) as opened:
        opened.sendall(content)
        # The server may have closed already; what it has not read resets the connection after its answer.
        if end:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(ConnectionResetError):
            while more := opened.recv(65_536):
                answer += more
    return list(frames(answer))


def frames(content: bytes) -> Iterator[spop.Frame]:
    while content:
        size = int.from_bytes(content[:4], "big")
        body, content = content[4 : 4 + size], content[4 + size :]
        yield spop.Frame(body[0], body[5], body[6], body[7:])


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (NOTIFY[:-3], spop.INVALID),
        (b"\xff\xff\xff\xff" + NOTIFY[4:], spop.TOO_BIG),
        (b"\0\0\0\0", spop.INVALID),
        (b"\0\0\0\3\3\0\0", spop.INVALID),
        (b"\0\0\0\7\x63\0\0\0\1\0\0", spop.INVALID),
        (b"\0\0\0\7\3\0\0\0\0\0\0", spop.FRAGMENTED),
        (spop.render(spop.Frame(spop.NOTIFY, 1, 1, INSPECT + b"\x05\x01a\x08\x02hi")), spop.INVALID),
        (spop.render(spop.Frame(spop.NOTIFY, 1, 1, INSPECT + b"\x01\x01a\x08\xef")), spop.INVALID),
        (spop.render(spop.Frame(spop.NOTIFY, 1, 1, INSPECT + b"\x01\x01a\x0f")), spop.INVALID),
        (spop.render(spop.Frame(spop.NOTIFY, 1, 1, INSPECT + b"\x01\x01a\x06\x7f")), spop.INVALID),
        (spop.render(spop.Frame(spop.NOTIFY, 1, 1, INSPECT + b"\x01\x01a\x03" + b"\xff" * 100)), spop.INVALID),
        (spop.render(spop.Frame(spop.HELLO, 0, 0, b"\x0emax-frame-size\x08\x01x")), spop.BAD_SIZE),
    ],
    ids=[
        "truncated",
        "an absurd length",
        "empty",
        "shorter than its head",
        "an unknown type of frame",
        "in fragments",
        "fewer arguments than announced",
        "a text longer than the frame",
        "an unknown type of value",
        "half an address",
        "an endless number",
        "a size that is no number",
    ],
)
def test_a_malformed_frame_ends_its_connection_with_the_reason_and_no_other(
    listener: SpopServer, content: bytes, status: int
) -> None:
    *before, last = send(listener, NOTIFY + content)
    assert [one.kind for one in before] == [spop.ACK]
    assert (last.kind, spop.values_of(last.payload)["status-code"]) == (spop.AGENT_DISCONNECT, status)
    assert [one.kind for one in send(listener, NOTIFY)] == [spop.ACK]


def test_a_frame_that_never_ends_does_not_hold_its_connection(listener: SpopServer) -> None:
    (last,) = send(listener, NOTIFY[:-3], end=False)
    assert spop.values_of(last.payload)["status-code"] == spop.TIMEOUT


@given(st.binary(max_size=60))
def test_any_bytes_are_a_frame_or_refused_as_one(content: bytes) -> None:
    with suppress(spop.FrameError):
        spop.parse(content)
    with suppress(spop.FrameError):
        spop.arguments_of(content)
    with suppress(spop.FrameError):
        spop.hello(spop.values_of(content))
