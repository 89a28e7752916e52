"""Messages and frames on bytes."""

import pytest

from embedded_cloud.sessions import smux
from embedded_cloud.sessions.messages import ACKNOWLEDGE, INPUT, SIZE, Message, MessageError

# Sent by AWS's session-manager-plugin 1.3.0: the size of its terminal, and `ls`.
SIZE_OF_PLUGIN = bytes.fromhex(
    "00000074696e7075745f73747265616d5f6461746120202020202020202020202020202000000001000001a22d128eda000000000000000100"
    "00000000000000bb6b54cf1a16ba5f007fb47051ea4dbce1537ad4749d88db6f6d97ed16e443dee6ba30c43afa2c4875bb1432f07d8b3a0000"
    "0003000000177b22636f6c73223a3330302c22726f7773223a3130307d"
)


def test_a_message_of_the_plugin_is_read_and_written_back_byte_for_byte_but_for_its_time() -> None:
    read = Message.from_bytes(SIZE_OF_PLUGIN)
    assert (read.kind, read.sequence, read.payload_type, read.value()) == (INPUT, 1, SIZE, {"cols": 300, "rows": 100})
    assert str(read.identifier) == "007fb470-51ea-4dbc-bb6b-54cf1a16ba5f"
    written, time = read.to_bytes(), slice(40, 48)
    assert written[: time.start] + written[time.stop :] == SIZE_OF_PLUGIN[: time.start] + SIZE_OF_PLUGIN[time.stop :]


def test_an_acknowledgement_names_the_message() -> None:
    answer = Message.from_bytes(Message.from_bytes(SIZE_OF_PLUGIN).acknowledgement().to_bytes())
    assert (answer.kind, answer.flags) == (ACKNOWLEDGE, 3)
    assert answer.value() == {
        "AcknowledgedMessageType": "input_stream_data",
        "AcknowledgedMessageId": "007fb470-51ea-4dbc-bb6b-54cf1a16ba5f",
        "AcknowledgedMessageSequenceNumber": 1,
        "IsSequentialMessage": True,
    }


@pytest.mark.parametrize("data", [SIZE_OF_PLUGIN[:-1] + b"]", SIZE_OF_PLUGIN[:100], b""])
def test_a_message_that_was_changed_or_cut_is_refused(data: bytes) -> None:
    with pytest.raises(MessageError):
        Message.from_bytes(data)


def test_frames_are_found_wherever_the_bytes_are_cut() -> None:
    sent = [(smux.SYN, 3, b""), (smux.PSH, 3, b"select 1"), (smux.PSH, 5, b"x" * smux.LARGEST), (smux.FIN, 3, b"")]
    data = b"".join(smux.frame(*one) for one in sent)
    assert data[:8] == b"\x01\x00\x00\x00\x03\x00\x00\x00"
    for step in (1, 7, 1024, len(data)):
        reader = smux.FrameReader()
        pieces = [data[start : start + step] for start in range(0, len(data), step)]
        assert [found for piece in pieces for found in reader.feed(piece)] == sent


def test_bytes_that_are_no_frames_are_refused() -> None:
    with pytest.raises(smux.FrameError):
        list(smux.FrameReader().feed(b"GET / HTTP/1.1\r\n"))
