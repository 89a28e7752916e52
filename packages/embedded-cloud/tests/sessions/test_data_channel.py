"""A data channel over a real websocket: order, acknowledgement, sending again, and AWS's own client."""

import json
import os
import pty
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection, serve

from embedded_cloud.sessions.data_channel import RESEND_SECONDS, DataChannel
from embedded_cloud.sessions.messages import CLOSED, DATA, INPUT, OUTPUT, SIZE, Message, message
from support.plugin import session_manager_plugin


@contextmanager
def listening(handle: Callable[[DataChannel], None]) -> Iterator[str]:
    """The URL of a server that serves each connection with `handle`."""

    def serve_one(socket: ServerConnection) -> None:
        handle(DataChannel(socket))

    with serve(serve_one, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
        server.shutdown()


def receive(client: ClientConnection) -> Message:
    data = client.recv(timeout=5)
    assert isinstance(data, bytes)
    return Message.from_bytes(data)


def test_what_the_client_does_not_acknowledge_is_sent_again_and_then_no_more() -> None:
    def handle(channel: DataChannel) -> None:
        channel.send(b"hello")
        list(channel.receive())

    with listening(handle) as url, connect(url) as client:
        first, second = receive(client), receive(client)
        assert (first.kind, first.sequence, first.payload) == (OUTPUT, 0, b"hello")
        assert second.identifier == first.identifier
        client.send(second.acknowledgement().to_bytes())
        with pytest.raises(TimeoutError):
            client.recv(timeout=3 * RESEND_SECONDS)


def test_input_is_delivered_once_and_in_order() -> None:
    got: list[bytes] = []
    done = threading.Event()

    def handle(channel: DataChannel) -> None:
        for found in channel.receive():
            got.append(found.payload)
            if found.payload == b"third":
                done.set()

    with listening(handle) as url, connect(url) as client:
        for sequence, text in ((0, b"first"), (2, b"third"), (0, b"first"), (1, b"second"), (2, b"third")):
            client.send(message(INPUT, text, sequence=sequence, payload_type=DATA).to_bytes())
        assert done.wait(5)
        acknowledged = [receive(client).value()["AcknowledgedMessageSequenceNumber"] for _ in range(4)]
    assert got == [b"first", b"second", b"third"]
    # The early one was dropped, so the client sends it again.
    assert acknowledged == [0, 0, 1, 2]


def test_awss_client_shakes_hands_shows_the_output_sends_keys_and_ends_with_the_channel() -> None:
    plugin = session_manager_plugin()
    tokens: list[str] = []
    got: list[Message] = []

    def handle(channel: DataChannel) -> None:
        tokens.append(channel.token())
        channel.handshake("InteractiveCommands", {})
        channel.send(("ä" * 2000 + "\r\n").encode())
        for found in channel.receive():
            got.append(found)
            if found.payload_type == DATA:
                threading.Thread(target=channel.close, args=("it is over",)).start()

    keyboard, terminal = pty.openpty()
    with listening(handle) as url:
        answer = {"SessionId": "session-1", "StreamUrl": url, "TokenValue": "the-token"}
        variables = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
        command = [plugin, json.dumps(answer), "us-east-1", "StartSession", "", '{"Target": "x"}', url]
        with subprocess.Popen(command, stdin=terminal, stdout=subprocess.PIPE, env=os.environ | variables) as client:
            os.write(keyboard, b"ls\n")
            output, _ = client.communicate(timeout=30)
    os.close(keyboard)
    os.close(terminal)
    assert client.returncode == 0
    assert tokens == ["the-token"]
    assert "ä" * 2000 in output.decode()
    assert "it is over" in output.decode()
    assert {(found.payload_type, found.payload) for found in got} >= {(DATA, b"ls\n")}
    assert any(found.payload_type == SIZE for found in got)


def test_closing_tells_why_and_ends_the_channel() -> None:
    with listening(lambda channel: channel.close("the task stopped")) as url, connect(url) as client:
        closed = receive(client)
        assert (closed.kind, closed.value()["Output"]) == (CLOSED, "the task stopped")
