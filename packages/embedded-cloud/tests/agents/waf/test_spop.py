"""HAProxy's protocol for agents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_cloud.agents.waf import spop
from embedded_cloud.agents.waf.inspector import web_request

NUMBERS = st.integers(0, 2**63 - 1)


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
    assert spop.arguments_of(b"\x07inspect\x06" + values) == {
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
