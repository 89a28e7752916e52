"""A command in a terminal of a container: ECS Exec."""

import shlex
import threading
from dataclasses import dataclass

from embedded_cloud.agents.ecs.tasks.containers import TaskContainers
from embedded_cloud.containers.docker_host import DockerHost
from embedded_cloud.sessions.data_channel import ChannelClosedError, DataChannel
from embedded_cloud.sessions.messages import DATA, FLAG, SIZE, Message
from embedded_cloud.sessions.process import Process

ENVIRONMENT = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
"""As the agent sets it (github.com/aws/amazon-ssm-agent, agent/session/shell/shell_unix.go)."""


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """The command runs as root and without a shell, as the agent of ECS runs it."""

    container: str
    command: str

    def serve(self, channel: DataChannel, docker: DockerHost, containers: TaskContainers, session: str) -> None:
        """Connect the channel with the command until one of them ends. Raises what Docker raises."""
        channel.handshake("InteractiveCommands", {})
        process = Process(
            docker,
            containers.ids[self.container],
            shlex.split(self.command) or ["sh"],
            session=session,
            tty=True,
            user="0",
            environment=ENVIRONMENT,
        )
        threading.Thread(
            target=_send_output, args=(process, channel), name=f"output-{session[-6:]}", daemon=True
        ).start()
        try:
            for message in channel.receive():
                if message.payload_type == FLAG:
                    break
                _handle(message, process)
        finally:
            process.hang_up()
            channel.end()


def _handle(message: Message, process: Process) -> None:
    if message.payload_type == DATA:
        process.write(message.payload)
    elif message.payload_type == SIZE:
        size = message.value()
        process.resize(int(size.get("cols", 80)), int(size.get("rows", 24)))


def _send_output(process: Process, channel: DataChannel) -> None:
    try:
        while data := process.read():
            channel.send(data)
        channel.close()
    except ChannelClosedError:
        return
    finally:
        process.close()
