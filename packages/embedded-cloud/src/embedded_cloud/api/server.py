"""AWS's API: moto over HTTP, one request at a time; a change is on disk before its answer."""

import io
import json
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.serving import BaseWSGIServer, make_server

from embedded_cloud.config import CloudConfig

# moto reads these when it is imported.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
# moto's 1,200 machine images cost a second at the start and a megabyte in every snapshot.
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.http import HTTP_STATUS_CODES

from embedded_cloud.api import task_metadata
from embedded_cloud.api.authorization import Authorization, signature
from embedded_cloud.api.validation.requests import Answer, read, refused
from embedded_cloud.iam.decisions import Decisions

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

logger = logging.getLogger(__name__)

READING = (
    "Describe",
    "List",
    "Get",
    "BatchGet",
    "Filter",
    "Lookup",
    "Check",
    "Simulate",
    "Validate",
    "Decrypt",
    "Test",
)
"""Prefixes of actions that change nothing."""


class _QuietRequestHandler(MotoRequestHandler):  # type: ignore[misc] # moto is not typed
    def log(self, _type: str, message: str, *args: Any) -> None:
        logger.debug(message, *args)


class ApiServer:
    """AWS's API on 127.0.0.1 and, for containers, on further addresses with the same port."""

    def __init__(
        self, config: CloudConfig, lock: threading.RLock, save: Callable[[], None], decisions: Decisions
    ) -> None:
        """Each request holds `lock`. `save` is called before the answer to a request that changed state."""
        self._authorization = Authorization(decisions)
        self._lock = lock
        self._port = config.api_port
        self._save = save
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._listeners: list[BaseWSGIServer] = []
        self._threads: list[threading.Thread] = []
        self.answers: Callable[[str, str], bool] = lambda _address, _service: True
        """Whether the network of a caller (its address) has a way to a service."""

    @property
    def endpoint(self) -> str:
        """URL of the API on this machine. Set by `listen`."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def port(self) -> int:
        """Port of the API: the configured one, or the free one that `listen` took."""
        return self._port

    def listen(self, address: str = "127.0.0.1") -> None:
        """Answer on this address too. Raises OSError when the address does not exist or its port is in use."""
        # werkzeug ends the process when it cannot bind a port itself.
        try:
            bound = socket.create_server((address, self._port), backlog=128)
        except OSError as error:
            reason = f"port {self._port} on {address} cannot be used: {error.strerror}"
            raise OSError(error.errno, reason) from error
        with bound:
            listener = make_server(
                address, self._port, self, threaded=True, request_handler=_QuietRequestHandler, fd=bound.fileno()
            )
        self._port = listener.port
        self._listeners.append(listener)
        thread = threading.Thread(target=listener.serve_forever, args=(0.05,), name=f"api-{address}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self) -> None:
        """Finish the current requests, stop answering, free the ports."""
        for listener in self._listeners:
            listener.shutdown()
            listener.server_close()
        for thread in self._threads:
            thread.join()
        self._listeners.clear()
        self._threads.clear()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(task_metadata.PREFIX) and "HTTP_AUTHORIZATION" not in environ:
            with self._lock:
                found = task_metadata.answer(environ["PATH_INFO"])
            status = "200 OK" if found else "404 Not Found"
            start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(found or b"")))])
            return [found or b""]
        action = _action(environ)
        # Read before taking the lock: a slow client must not block the others.
        body = environ["wsgi.input"].read() if environ.get("wsgi.input_terminated") else _read_body(environ)
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        status = "500 Internal Server Error"

        def remember_status(line: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            nonlocal status
            status = line
            return start_response(line, headers, *rest)

        try:
            with self._lock:
                application = self._moto.get_application(environ)
            service = str(vars(application)["service"])
            if service == "s3":
                # A bucket in the name of the host would be another one than in the path, about which IAM decides.
                environ["HTTP_HOST"] = f"127.0.0.1:{self._port}"
            self._require_way(environ, service)
            answer = self._refused(service, environ, body)
            if answer is not None:
                return _refuse(start_response, answer, environ["REQUEST_METHOD"])
            with self._lock:
                chunks = list(application(environ, remember_status))
        except ConnectionResetError as error:
            logger.info("api: %s", error)
            raise
        except Exception as error:
            logger.exception("api: %s failed", action or environ.get("PATH_INFO"))
            return _internal_error(start_response, action, error)
        if status < "400" and changes_state(environ["REQUEST_METHOD"], action or _form_action(body)):
            self._save()
        return chunks

    def _refused(self, service: str, environ: "WSGIEnvironment", body: bytes) -> Answer | None:
        """The answer to a request that moto must not see."""
        asked = read(service, environ, body)
        invalid = refused(asked) if asked else None
        if invalid is not None or (signed := signature(environ, body)) is None:
            return invalid
        with self._lock:
            return self._authorization.refused(signed, service, asked)

    def _require_way(self, environ: "WSGIEnvironment", service: str) -> None:
        """Close the connection of a caller whose packets do not reach the service on AWS. Raises ConnectionResetError.

        There, a client waits for an answer until its timeout.
        """
        address = str(environ.get("REMOTE_ADDR", ""))
        if not self.answers(address, service):
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError(f"no way from {address} to {service}")


def changes_state(method: str, action: str) -> bool:
    """Whether such a request may change moto's state; requests of REST services have a method and no action."""
    return method not in ("GET", "HEAD", "OPTIONS") and not action.startswith(READING)


def _action(environ: "WSGIEnvironment") -> str:
    return str(environ.get("HTTP_X_AMZ_TARGET", "")).rpartition(".")[2]


def _form_action(body: bytes) -> str:
    if not body.startswith(b"Action="):
        return ""
    return body[len(b"Action=") :].partition(b"&")[0].decode("ascii", "replace")


def _read_body(environ: "WSGIEnvironment") -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return bytes(environ["wsgi.input"].read(length)) if length else b""


def _refuse(start_response: "StartResponse", answer: Answer, method: str) -> Iterable[bytes]:
    length = ("Content-Length", str(len(answer.body)))
    start_response(f"{answer.status} {HTTP_STATUS_CODES[answer.status]}", [*answer.headers.items(), length])
    return [] if method == "HEAD" else [answer.body]


def _internal_error(start_response: "StartResponse", action: str, error: Exception) -> Iterable[bytes]:
    message = f"moto failed on {action or 'this request'}: {type(error).__name__}: {error}"
    # 400, not 500: clients retry a 500 for minutes.
    start_response("400 Bad Request", [("Content-Type", "application/x-amz-json-1.1")])
    return [json.dumps({"__type": "InternalFailure", "message": message}).encode()]
