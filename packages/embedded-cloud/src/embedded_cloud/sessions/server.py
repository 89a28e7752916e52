"""The websockets of Session Manager: one data channel for each session that the API has started."""

import logging
import secrets
import threading
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from docker.errors import DockerException
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.ecs.tasks.containers import NO_CONTAINERS, TaskContainers, observe
from embedded_cloud.agents.vpc.network import reaches_service
from embedded_cloud.agents.vpc.reading import task_key
from embedded_cloud.agents.vpc.service_access import SESSIONS
from embedded_cloud.containers.docker_host import DockerHost
from embedded_cloud.iam.evaluation import Request as IamRequest
from embedded_cloud.sessions.data_channel import ChannelClosedError, DataChannel
from embedded_cloud.sessions.messages import MessageError
from embedded_cloud.sessions.smux import FrameError

logger = logging.getLogger(__name__)

PATH = "/v1/data-channel/"
AGENT_REQUESTS = tuple(
    IamRequest(action=f"ssmmessages:{verb}{channel}")
    for channel in ("ControlChannel", "DataChannel")
    for verb in ("Create", "Open")
)
"""docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html#ecs-exec-required-iam-permissions"""
LARGEST_MESSAGE = 1 << 20
"""Bytes."""


class Work(Protocol):
    """What a session does."""

    def serve(self, channel: DataChannel, docker: DockerHost, containers: TaskContainers, session: str) -> None:
        """Serve the client until it goes or the work ends. Raises what Docker raises."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session that a client may join once, with the token."""

    identifier: str
    token: str
    stream_url: str
    task: str
    """Id of the task."""
    work: Work


class SessionServer:
    """Keeps the sessions in memory: they end with the process, as their data channels do."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._waiting: dict[str, Session] = {}
        self._channels: dict[str, DataChannel] = {}
        self._server: Server | None = None

    def start(self) -> None:
        """Listen on a free port of 127.0.0.1, which `open` names."""
        self._server = serve(
            self._serve,
            "127.0.0.1",
            0,
            process_request=self._refuse_unknown,
            compression=None,
            max_size=LARGEST_MESSAGE,
            # The plugin answers no ping while its user has stopped it with Ctrl-Z.
            ping_interval=None,
        )
        threading.Thread(target=self._server.serve_forever, name="sessions", daemon=True).start()

    def stop(self) -> None:
        """End all sessions and stop listening."""
        for channel in list(self._channels.values()):
            channel.end()
        if self._server is not None:
            self._server.shutdown()
            self._server = None

    def open(self, prefix: str, task: str, work: Work) -> Session:
        """A new session for a task, which a client may join."""
        if self._server is None:
            raise RuntimeError("the session server does not run")
        identifier = f"{prefix}-{secrets.token_hex(9)[:17]}"
        port = self._server.socket.getsockname()[1]
        url = f"ws://127.0.0.1:{port}{PATH}{identifier}?role=publish_subscribe"
        session = Session(identifier=identifier, token=secrets.token_urlsafe(32), stream_url=url, task=task, work=work)
        self._waiting[identifier] = session
        return session

    def is_connected(self, role_arn: str) -> bool:
        """Whether the role lets the agent in a task open its channels; without a role nothing is asked.

        Hold the cloud's lock.
        """
        session = self._context.decisions.session(role_arn, "ecs-execute-command")
        return not role_arn or self._context.decisions.refused(session, AGENT_REQUESTS) is None

    def has_way(self, task: str) -> bool:
        """Whether the task's agent reaches Session Manager from the task's network."""
        network = self._context.network() if self._context.network else None
        interface = network.interface(task_key(task)) if network else None
        return network is None or interface is None or reaches_service(network, interface, SESSIONS)

    def terminate(self, identifier: str) -> None:
        """End the session, if it exists."""
        self._waiting.pop(identifier, None)
        if channel := self._channels.get(identifier):
            channel.end()

    def _refuse_unknown(self, connection: ServerConnection, request: Request) -> Response | None:
        known = _identifier(request) in self._waiting
        return None if known else connection.respond(HTTPStatus.NOT_FOUND, "no such session\n")

    def _serve(self, connection: ServerConnection) -> None:
        session = self._waiting.get(_identifier(connection.request))
        channel = DataChannel(connection)
        if session is None or not secrets.compare_digest(channel.token(), session.token):
            channel.end()
            return
        del self._waiting[session.identifier]
        self._channels[session.identifier] = channel
        try:
            containers = observe(self._context.docker, session.task)
            found = containers.get(session.task, NO_CONTAINERS)
            session.work.serve(channel, self._context.docker, found, session.identifier)
        except ChannelClosedError:
            logger.debug("session %s: the client has gone", session.identifier)
        except (DockerException, FrameError, KeyError, MessageError) as error:
            logger.warning("session %s: %s: %s", session.identifier, type(error).__name__, error)
            channel.close(f"{type(error).__name__}: {error}")
        finally:
            channel.end()
            del self._channels[session.identifier]


def _identifier(request: Request | None) -> str:
    return "" if request is None else request.path.partition("?")[0].removeprefix(PATH)
