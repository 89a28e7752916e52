"""AWS credentials for the containers, at the address where ECS has them: the application's role, not the machine's."""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .shell import attempt

ADDRESS = "169.254.170.2"
PATH = "/credentials"
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


def serve(credentials: Credentials, address: str = ADDRESS, port: int = 80) -> ThreadingHTTPServer:
    """Answer at `address` from a thread of its own. Raises OSError when the port is taken."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != PATH:
                self.send_error(404)
                return
            body = json.dumps(credentials.current()).encode()
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
