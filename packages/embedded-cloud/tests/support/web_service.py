"""A web service behind a load balancer with TLS, and constant requests from its clients."""

import dataclasses
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

IMAGE = "embedded-cloud/python:trixie"
SERVER = """
import http.server, os, signal, sys, threading, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.headers.get("Upgrade") == "websocket":
            return self.tunnel(float(self.path.partition("?")[2] or 60))
        if self.path.startswith("/slow"):  # /slow?9 answers after nine seconds
            time.sleep(float(self.path[6:] or 1))
        code = int(os.environ.get("HEALTH", 200)) if self.path == "/healthz" else 200
        body = (os.environ["RELEASE"] + "".join(f"\\n{k.lower()}: {v}" for k, v in self.headers.items())).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Server", "backend")
        self.end_headers()
        self.wfile.write(body)
    def tunnel(self, seconds):  # answers what arrives, and says something after each pause of so many seconds
        self.send_response(101)
        self.send_header("Connection", "Upgrade")
        self.send_header("Upgrade", "websocket")
        self.send_header("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        self.end_headers()
        self.close_connection = True
        self.connection.settimeout(seconds)
        received = True
        while received:
            try:
                received = self.connection.recv(100)
                self.connection.sendall(received.upper())
            except TimeoutError:
                self.connection.sendall(b"!")
    def log_message(self, *arguments):
        pass
server = http.server.ThreadingHTTPServer(("", 8000), Handler)
server.daemon_threads = False
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print("serving", os.environ["RELEASE"], flush=True)
server.serve_forever()
print("served", os.environ["RELEASE"], flush=True)
"""
ILL = "/tmp/ill"  # noqa: S108 - in the container
"""A container with this file fails its own health check, and serves."""
CHECK = f"test ! -e {ILL} && exec 3<>/dev/tcp/127.0.0.1/8000"


def serving(release: str = "one", **more: Any) -> dict[str, Any]:
    """Return the definition; `more` overrides or adds properties."""
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
            "command": ["CMD", "bash", "-c", CHECK],
            "interval": 5,
            "timeout": 15,
            "retries": 3,
            "startPeriod": 1,
        },
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {"awslogs-group": "app", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "web"},
        },
        **more,
        "environment": [{"name": "RELEASE", "value": release}, *more.get("environment", ())],
    }


def create_load_balancer(elbv2: Any, acm: Any, vpc: str, subnets: list[str], group: str) -> tuple[str, str, str]:
    """Create them and return the ARNs of load balancer, target group and HTTPS listener."""
    certificate = acm.request_certificate(DomainName="app.example.com", ValidationMethod="DNS")
    made = elbv2.create_load_balancer(Name="front", Subnets=subnets, SecurityGroups=[group])
    load_balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    target_group = elbv2.create_target_group(
        Name="tasks",
        Protocol="HTTP",
        Port=8000,
        VpcId=vpc,
        TargetType="ip",
        HealthCheckPath="/healthz",
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=4,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=2,
    )["TargetGroups"][0]["TargetGroupArn"]
    elbv2.modify_target_group_attributes(
        TargetGroupArn=target_group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "5"}]
    )
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    elbv2.create_listener(
        LoadBalancerArn=load_balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "redirect", "RedirectConfig": redirect}],
    )
    listener = elbv2.create_listener(
        LoadBalancerArn=load_balancer,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate["CertificateArn"]}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target_group}],
    )["Listeners"][0]["ListenerArn"]
    return load_balancer, target_group, listener


@contextmanager
def constant_load(client: Callable[[], httpx.Client], clients: int = 2) -> Iterator["Load"]:
    """Send requests from several clients while the context lasts."""
    load = Load()
    threads = [threading.Thread(target=load.run, args=(client(), n)) for n in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.stopping.set()
        for thread in threads:
            thread.join()


@dataclasses.dataclass
class Load:
    releases: set[str] = dataclasses.field(default_factory=set)
    failures: list[str] = dataclasses.field(default_factory=list)
    requests: int = 0
    stopping: threading.Event = dataclasses.field(default_factory=threading.Event)

    def run(self, client: httpx.Client, number: int) -> None:
        # Every second client keeps a request in flight for a second.
        path = "/slow" if number % 2 else "/"
        with client:
            while not self.stopping.wait(0.02):
                self._request(client, path)

    def _request(self, client: httpx.Client, path: str) -> None:
        self.requests += 1
        try:
            answer = client.get(path)
        except httpx.HTTPError as error:
            self.failures.append(repr(error))
            return
        if answer.status_code == 200:
            self.releases.add(answer.text.splitlines()[0])
        else:
            self.failures.append(f"{answer.status_code} {answer.text}")
