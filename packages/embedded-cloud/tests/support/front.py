"""A load balancer in front of a server of this process, for tests of what visitors see: no ECS, one container."""

import http.server
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from embedded_cloud.agents.elb.agent import ElbAgent
from embedded_cloud.agents.elb.haproxy import CONFIGURATION, RELOAD_SECONDS
from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.testing.polling import wait_until
from support.clouds import client, running_cloud, two_subnets
from support.web_service import create_load_balancer

LARGE = 33 * 1024
PORT = 8000


class Target(http.server.BaseHTTPRequestHandler):
    """Answers with the headers of the request; an upgraded connection stays open and silent."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.headers.get("Upgrade"):
            self._tunnel()
            return
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = "".join(f"{name.lower()}: {value}\n" for name, value in self.headers.items()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if self.path == "/large":
            for number in range(4):
                self.send_header(f"X-Large-{number}", "a" * (LARGE // 4))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_PROPFIND = do_GET  # noqa: N815 - the names of http.server

    def _tunnel(self) -> None:
        self.send_response(101)
        self.send_header("Connection", "Upgrade")
        self.send_header("Upgrade", "websocket")
        self.send_header("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        self.end_headers()
        self.close_connection = True
        with suppress(ConnectionError):
            while received := self.connection.recv(100):
                self.connection.sendall(received.upper())

    def log_message(self, *arguments: Any) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *arguments: Any) -> None:
        """Say nothing: the load balancer closes connections as it likes."""


class Front:
    """boto3 clients are attributes: `front.elbv2`."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self.cloud, self.config = cloud, cloud.config
        self.server = Server((cloud.context.docker.gateway, 0), Target)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address, self.port = self.server.server_address[:2]
        vpc, subnets = two_subnets(self.ec2, "10.20")
        group = self.ec2.create_security_group(GroupName="x", Description="x", VpcId=vpc)["GroupId"]
        made = create_load_balancer(self.elbv2, self.acm, vpc, subnets, group)
        self.load_balancer, self.target_group, self.listener = made
        self.register()

    def __getattr__(self, service: str) -> Any:
        self.__dict__[service] = client(self.cloud, service)
        return self.__dict__[service]

    @property
    def target(self) -> list[dict[str, Any]]:
        return [{"Id": self.address, "Port": self.port}]

    def register(self) -> None:
        self.elbv2.register_targets(TargetGroupArn=self.target_group, Targets=self.target)

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.cloud.context.certificates.certificate_path))

    def http_client(self, **more: Any) -> httpx.Client:
        base = f"https://localhost:{self.config.https_port}"
        return httpx.Client(base_url=base, verify=self.context(), timeout=20, **more)

    def set_attributes(self, **values: str) -> None:
        """Set attributes of the load balancer; `__` stands for a dot."""
        attributes = [{"Key": key.replace("__", "."), "Value": value} for key, value in values.items()]
        self.elbv2.modify_load_balancer_attributes(LoadBalancerArn=self.load_balancer, Attributes=attributes)

    def balancer(self) -> Any:
        """HAProxy's container."""
        labels = [f"embedded-cloud.name={self.config.name}", "embedded-cloud.role=load-balancer"]
        (found,) = self.cloud.context.docker.client.containers.list(filters={"label": labels})
        return found

    def configuration(self) -> str:
        return str(self.balancer().exec_run(["cat", CONFIGURATION]).output.decode())

    def wait_until_configured(self, text: str) -> None:
        """Wait until HAProxy runs with a configuration that has this text."""
        wait_until(lambda: text in self.configuration(), 30)
        # After a reload the former worker takes connections for a moment more.
        time.sleep(2 * RELOAD_SECONDS)

    def curl(self, path: str, headers: Mapping[str, str], protocol: str) -> tuple[str, str]:
        """Status and server of an answer over `http1.1` or `http2`."""
        sent = "".join(f'header = "{name}: {value}"\n' for name, value in headers.items())
        url = f'url = "https://localhost:{self.config.https_port}{path}"\n'
        asked = ["curl", "-skK", "-", f"--{protocol}", "-o", "/dev/null", "-w", "%{http_code} %header{server}"]
        answer = subprocess.run(asked, input=url + sent, capture_output=True, text=True, check=True)
        status, _, server = answer.stdout.partition(" ")
        return status, server

    def send(self, *parts: bytes) -> bytes:
        """Send these bytes over TLS, with pauses between, and return what is answered until the connection closes or
        is silent."""
        address = ("127.0.0.1", self.config.https_port)
        with (
            socket.create_connection(address, timeout=20) as plain,
            self.context().wrap_socket(plain, server_hostname="localhost") as opened,
        ):
            opened.settimeout(3)
            for part in parts:
                opened.sendall(part)
                time.sleep(0.3)
            answer = b""
            try:
                while more := opened.recv(65_536):
                    answer += more
            except TimeoutError:
                pass
            return answer


@contextmanager
def running_front(folder: Path) -> Iterator[Front]:
    with running_cloud(folder, ElbAgent) as cloud:
        front = Front(cloud)
        with front.http_client() as visitor:
            wait_until(lambda: _answers(visitor), 90)
        yield front
        front.server.shutdown()
        front.server.server_close()


def _answers(visitor: httpx.Client) -> bool:
    try:
        return visitor.get("/").status_code == 200
    except httpx.HTTPError:
        return False
