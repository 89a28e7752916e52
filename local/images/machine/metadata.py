"""The metadata service of an embedded EC2 instance: version 2 only, and no further than its hop limit."""

import json
import secrets
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ADDRESS = "169.254.169.254"


def serve(instance: Path) -> None:
    """Answer from a thread of its own; what is told is read from the file at every request."""
    subprocess.run(["ip", "address", "add", f"{ADDRESS}/32", "dev", "lo"], check=False)
    server = ThreadingHTTPServer((ADDRESS, 80), _handler(instance))
    threading.Thread(target=server.serve_forever, name="metadata", daemon=True).start()


def answer(instance: dict[str, Any], path: str) -> str | None:
    """The value under a path of the service, or None."""
    role = instance.get("role", "")
    identity = {"region": instance["region"], "instanceId": instance["instance_id"]}
    values = {
        "user-data": instance["user_data"],
        "dynamic/instance-identity/document": json.dumps(identity),
        "meta-data/instance-id": instance["instance_id"],
        "meta-data/instance-type": instance["instance_type"],
        "meta-data/placement/region": instance["region"],
        "meta-data/placement/availability-zone": instance["zone"],
        "meta-data/iam/security-credentials/": role,
        f"meta-data/iam/security-credentials/{role}": json.dumps(instance.get("credentials", {})),
    }
    return values.get(path.removeprefix("/latest/"))


def _handler(path: Path) -> type[BaseHTTPRequestHandler]:
    tokens: set[str] = set()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            # Packets of the machine itself come from the address they go to; a container behind its bridge is two hops
            # away, and no token gets there.
            near = self.client_address[0] in (ADDRESS, "127.0.0.1") or json.loads(path.read_text())["hops"] > 1
            if self.path != "/latest/api/token" or not near:
                _say(self, 403, "")
                return
            token = secrets.token_urlsafe(24)
            tokens.add(token)
            _say(self, 200, token)

        def do_GET(self) -> None:
            if self.headers.get("X-aws-ec2-metadata-token") not in tokens:
                _say(self, 401, "")
                return
            found = answer(json.loads(path.read_text()), self.path)
            _say(self, 404 if found is None else 200, found or "")

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler


def _say(handler: BaseHTTPRequestHandler, status: int, text: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(text.encode())))
    handler.send_header("X-aws-ec2-metadata-token-ttl-seconds", "21600")
    handler.end_headers()
    handler.wfile.write(text.encode())
