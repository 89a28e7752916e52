"""A container that serves its release's name, as a task definition describes it."""

from typing import Any

IMAGE = "preqly-standin/python:trixie"
SERVER = """
import http.server, os, signal, sys, threading, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path == "/slow":
            time.sleep(1)
        code = int(os.environ.get("HEALTH", 200)) if self.path == "/healthz" else 200
        body = (os.environ["RELEASE"] + "".join(f"\\n{k.lower()}: {v}" for k, v in self.headers.items())).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Server", "backend")
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments):
        pass
server = http.server.ThreadingHTTPServer(("", 8000), Handler)
server.daemon_threads = False
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print("serving", os.environ["RELEASE"], flush=True)
server.serve_forever()
print("served", os.environ["RELEASE"], flush=True)
"""
CHECK = "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/alive')"


def serving(release: str = "one", **more: Any) -> dict[str, Any]:
    """Definition of a container that serves its release's name."""
    return {
        "name": "web",
        "image": IMAGE,
        "user": "10001:10001",
        "readonlyRootFilesystem": True,
        "command": ["python3", "-c", SERVER],
        "linuxParameters": {
            "capabilities": {"drop": ["ALL"]},
            "tmpfs": [{"containerPath": "/tmp", "size": 16, "mountOptions": ["mode=1777"]}],  # noqa: S108
        },
        "stopTimeout": 5,
        "portMappings": [{"containerPort": 8000}],
        "healthCheck": {
            "command": ["CMD", "python3", "-c", CHECK],
            "interval": 5,
            "timeout": 15,
            "retries": 3,
            "startPeriod": 1,
        },
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": "app",
                "awslogs-region": "us-east-1",
                "awslogs-stream-prefix": "web",
            },
        },
        **more,
        "environment": [{"name": "RELEASE", "value": release}, *more.get("environment", ())],
    }
