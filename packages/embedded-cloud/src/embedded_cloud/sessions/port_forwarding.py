"""Connections from a task to a port: Session Manager's port forwarding."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from embedded_cloud.agents.ecs.tasks.containers import TaskContainers
from embedded_cloud.agents.vpc.interfaces import NOBODY
from embedded_cloud.containers.docker_host import DockerHost
from embedded_cloud.sessions import smux
from embedded_cloud.sessions.data_channel import ChannelClosedError, DataChannel
from embedded_cloud.sessions.messages import CONNECT_ERROR, DATA, FLAG
from embedded_cloud.sessions.process import Process

# Runs in the container that holds the task's network. Ends when either side closes: smux 1 knows no half-closed stream.
_RELAY = 'exec 3<>"/dev/tcp/$0/$1" 4<&0 || exit 1; cat <&3 & cat <&4 >&3 & wait -n; kill $(jobs -p) 2>/dev/null; exit 0'


@dataclass(frozen=True, kw_only=True)
class PortForwarding:
    """Any number of connections at a time, all to one host and port."""

    host: str
    port: str
    local_port: str = "0"

    def serve(self, channel: DataChannel, docker: DockerHost, containers: TaskContainers, session: str) -> None:
        """Serve connections until the client ends the session. Raises what Docker raises."""
        channel.handshake(
            "Port",
            {
                "host": self.host,
                "portNumber": self.port,
                "localPortNumber": self.local_port,
                "type": "LocalPortForwarding",
            },
        )
        pause = containers.pause or ""
        connections = _Connections(
            channel,
            lambda: Process(docker, pause, ["bash", "-c", _RELAY, self.host, self.port], session=session, user=NOBODY),
        )
        frames = smux.FrameReader()
        # Ends with the task.
        canary = Process(docker, pause, ["cat"], session=session, user=NOBODY)
        threading.Thread(target=_close_after, args=(canary, channel), daemon=True).start()
        try:
            for message in channel.receive():
                if message.payload_type == FLAG:
                    break
                if message.payload_type == DATA:
                    for command, stream, data in frames.feed(message.payload):
                        connections.handle(command, stream, data)
        finally:
            connections.close()
            canary.end_input()
            channel.end()


def _close_after(process: Process, channel: DataChannel) -> None:
    process.read()
    process.close()
    channel.close("the task has stopped")


class _Connections:
    """The open connections of a session, by their stream. Only the session's thread calls it."""

    def __init__(self, channel: DataChannel, connect: Callable[[], Process]) -> None:
        self._channel, self._connect = channel, connect
        self._open: dict[int, Process] = {}
        self._sending = threading.Lock()

    def handle(self, command: int, stream: int, data: bytes) -> None:
        if command == smux.SYN:
            self._open[stream] = process = self._connect()
            threading.Thread(target=self._send_output, args=(stream, process), daemon=True).start()
        elif command == smux.PSH and stream in self._open:
            self._open[stream].write(data)
        elif command == smux.FIN and stream in self._open:
            self._open.pop(stream).end_input()

    def close(self) -> None:
        for process in self._open.values():
            process.end_input()

    def _send_output(self, stream: int, process: Process) -> None:
        try:
            while data := process.read():
                self._send(smux.frame(smux.PSH, stream, data))
            if process.exit_code():
                self._channel.send(CONNECT_ERROR.to_bytes(4), FLAG)
            self._send(smux.frame(smux.FIN, stream))
        except ChannelClosedError:
            return
        finally:
            process.close()

    def _send(self, frame: bytes) -> None:
        # The pieces of a frame must not mix with another frame's.
        with self._sending:
            self._channel.send(frame)
