"""The site as containers on a network of its own: proxy, web, PostgreSQL with TLS."""

import contextlib
import datetime as dt
import ipaddress
import ssl
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).parents[2]
CONTAINERS = "preqly-docker-tests"
HARDENED = (
    *("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--user", "10001:10001"),  # noqa: S108 - inside the container
    *("--security-opt", "no-new-privileges"),
)
SECRET_KEY = "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz"
# The proxy's own certificate is self-signed.
TRUSTING = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TRUSTING.check_hostname = False
TRUSTING.verify_mode = ssl.CERT_NONE
DATABASE_URL = "postgres://preqly:onlyfortests1@db.test:5432/preqly"
VERIFIED = "?sslmode=verify-full&sslrootcert=/etc/ssl/certs/rds-global-bundle.pem"

# In place of the application: answers with the headers of the request, and health checks on their own port.
ECHO = """
import http.server, json, threading
class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = json.dumps({k.lower(): v for k, v in self.headers.items()} | {"connection-number": id(self)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments): pass
threading.Thread(target=http.server.ThreadingHTTPServer(("0.0.0.0", 8006), Echo).serve_forever).start()
http.server.ThreadingHTTPServer(("0.0.0.0", 8005), Echo).serve_forever()
"""


def docker(*arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run Docker's command line; a failure shows its output."""
    done = subprocess.run(["docker", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert not (check and done.returncode), f"docker {' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}"
    return done


def eventually(condition: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether the condition becomes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(httpx.TransportError):
            if condition():
                return True
        time.sleep(0.1)
    return False


def ready(visitor: httpx.Client) -> bool:
    """Whether the site and its database answer in time."""
    return eventually(lambda: visitor.get("/readyz").status_code == 200, 60)


@dataclass
class Site:
    """Containers on a network; `remove` deletes all of them."""

    images: dict[str, str]
    network: str
    folder: Path
    started: list[str] = field(default_factory=list)
    shared: int = 0
    """How many of them, from the first on, serve every module."""

    @property
    def media(self) -> str:
        """Name of the volume for uploads, if a test mounts it."""
        return f"{self.network}-media"

    def run(self, image: str, *arguments: str | Path, name: str = "", command: tuple[str, ...] = ()) -> str:
        """Start a container, hardened as in production; returns its id."""
        alias = ("--network-alias", name) if name else ()
        # Tests call the health check where they need it; Docker would call it every few seconds in every container.
        place = ("--network", self.network, *alias, "--label", CONTAINERS, "--no-healthcheck")
        wanted = self.images.get(image, image)
        found = docker("run", "--detach", *place, *HARDENED, *arguments, wanted, *command).stdout.strip()
        self.started.append(found)
        return found

    def web(self, *arguments: str | Path, name: str = "", command: tuple[str, ...] = (), **changes: str) -> str:
        """Start the application, connected to the database with a verified certificate; returns its id."""
        environment = {
            "SECRET_KEY": SECRET_KEY,
            "ALLOWED_HOSTS": "localhost",
            "DATABASE_URL": DATABASE_URL + VERIFIED,
            "RELEASE": "r7",
        } | changes
        variables = [word for key, value in environment.items() for word in ("--env", f"{key}={value}")]
        bundle = ("--volume", f"{self.folder}/ca.pem:/etc/ssl/certs/rds-global-bundle.pem:ro")
        return self.run("web", *variables, *bundle, *arguments, name=name, command=command)

    def proxy(self, *arguments: str | Path, **environment: str) -> tuple[str, int, int]:
        """Start nginx on free ports of this machine; returns id, HTTP port and HTTPS port."""
        wanted = {"UPSTREAM": "web:8005"} | environment
        variables = [word for key, value in wanted.items() for word in ("--env", f"{key}={value}")]
        ports = ("--publish", "127.0.0.1::8080", "--publish", "127.0.0.1::8443")
        found = self.run("proxy", *variables, *ports, *arguments)
        plain, tls = (
            int(docker("port", found, port).stdout.splitlines()[0].rsplit(":", 1)[1]) for port in ("8080", "8443")
        )
        return found, plain, tls

    def address(self, container: str) -> str:
        """IP address of a container on the site's network."""
        path = f'{{{{(index .NetworkSettings.Networks "{self.network}").IPAddress}}}}'
        return docker("inspect", "--format", path, container).stdout.strip()

    def remove_unshared(self) -> None:
        """Delete the containers that one module started."""
        if unshared := self.started[self.shared :]:
            docker("rm", "--force", "--volumes", *unshared, check=False)
            del self.started[self.shared :]

    def remove(self) -> None:
        """Delete containers, volumes and network."""
        if self.started:
            docker("rm", "--force", "--volumes", *self.started, check=False)
        docker("volume", "rm", self.media, check=False)
        docker("network", "rm", self.network, check=False)


def client(port: int, scheme: str = "https") -> httpx.Client:
    """A visitor that accepts the proxy's self-signed certificate."""
    return httpx.Client(base_url=f"{scheme}://localhost:{port}", verify=TRUSTING, timeout=20)


def start_database(site: Site, image: str) -> None:
    """Start PostgreSQL under the name db.test, and wait until it accepts connections."""
    write_certificates(site.folder, "db.test")
    (site.folder / "url").write_text(DATABASE_URL)
    tls = "-c ssl=on -c ssl_cert_file=/tls/db.pem -c ssl_key_file=/tmp/db.key"
    script = f"install -m 600 /tls/db.key /tmp/db.key && exec sh /start-db {tls}"
    volumes = (
        *("--volume", f"{ROOT}/docker/bin/start-db:/start-db:ro", "--volume", f"{site.folder}:/tls:ro"),
        *("--volume", f"{site.folder}/url:/run/secrets/database_url:ro", "--volume", "/var/lib/postgresql"),
    )
    place = ("--network", site.network, "--network-alias", "db.test", "--label", CONTAINERS, "--user", "postgres")
    database = docker(
        *("run", "--detach", *place, *volumes, "--env", "PGDATA=/var/lib/postgresql/17"),
        *("--entrypoint", "sh", image, "-c", script),
    ).stdout.strip()
    site.started.append(database)
    healthy = ("exec", database, "sh", "/start-db", "healthy")
    assert eventually(lambda: docker(*healthy, check=False).returncode == 0), docker("logs", database).stderr


def write_certificates(folder: Path, host: str) -> None:
    """Write ca.pem, and db.pem with db.key for the host, valid for a day."""
    now = dt.datetime.now(dt.UTC)
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("ca", "db")}
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of a test")])
    for name, subject, ca in (("ca", authority, True), ("db", x509.Name([]), False)):
        names = [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        certificate = (
            x509.CertificateBuilder(authority, subject, keys[name].public_key(), x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=not ca)
            .sign(keys["ca"], hashes.SHA256())
        )
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "db.key").write_bytes(keys["db"].private_bytes(*pem))
    folder.chmod(0o755)
