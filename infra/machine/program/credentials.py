"""AWS credentials for the containers, at the address where ECS has them: roles of their own, not the machine's."""

import json
import os
import secrets
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .machine import Machine
from .shell import attempt

ADDRESS = "169.254.170.2"
PATH = "/credentials"
"""Of the endpoint. What is under it cannot be guessed: a page that fetches an address for a visitor fetches no role."""
EARLY = timedelta(minutes=15)
"""How long before their end credentials are replaced; SDKs ask for new ones ten minutes before."""


class Credentials:
    """Credentials of one role, kept until shortly before they end. Safe to use from several threads."""

    def __init__(self, session: Any, role: str) -> None:
        self._session, self._role = session, role
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}
        self._until = datetime.fromtimestamp(0, UTC)

    def current(self) -> dict[str, str]:
        """In the words of ECS's credentials endpoint."""
        with self._lock:
            if datetime.now(UTC) > self._until - EARLY:
                found = self._session.client("sts").assume_role(RoleArn=self._role, RoleSessionName="application")
                known, self._until = found["Credentials"], found["Credentials"]["Expiration"]
                self._known = {
                    "RoleArn": self._role,
                    "AccessKeyId": known["AccessKeyId"],
                    "SecretAccessKey": known["SecretAccessKey"],
                    "Token": known["SessionToken"],
                    "Expiration": self._until.strftime("%Y-%m-%dT%H:%M:%SZ"),
                }
            return self._known


def serving_path(machine: Machine) -> str:
    """Where what serves finds the application's role."""
    return _path(machine, "application")


def preparation_path(machine: Machine) -> str:
    """Where the containers around a release find the role that may publish its static files; only they are told."""
    return _path(machine, "preparation")


def _path(machine: Machine, name: str) -> str:
    """Made once until the machine restarts: the containers outlive the keeper, not the machine."""
    machine.memory.mkdir(parents=True, exist_ok=True, mode=0o711)
    path = machine.memory / name
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{PATH}/{secrets.token_urlsafe(32)}")
    except FileExistsError:
        pass
    return path.read_text()


def serve(credentials: Mapping[str, Credentials], address: str = ADDRESS, port: int = 80) -> ThreadingHTTPServer:
    """Answer by path at `address` from a thread of its own. Raises OSError when the port is taken."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = credentials.get(self.path)
            if known is None:
                self.send_error(404)
                return
            body = json.dumps(known.current()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: every container asks every few minutes."""

    server = ThreadingHTTPServer((address, port), Handler)
    threading.Thread(target=server.serve_forever, name="credentials", daemon=True).start()
    return server


def make_address() -> None:
    """Give the machine the endpoint's address, once."""
    attempt("ip", "address", "add", f"{ADDRESS}/32", "dev", "lo")
