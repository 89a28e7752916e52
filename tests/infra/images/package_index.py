"""A private package index, and git repositories over HTTP, that want a user and a password."""

import base64
import contextlib
import hashlib
import http.server
import subprocess
import threading
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

USER = "reader"
PASSWORD = "canary-7f3a:@/%41"
"""With characters that a URL has to escape."""
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@dataclass
class Server:
    """A folder behind a password."""

    folder: Path
    url: str = ""
    asked: list[str] = field(default_factory=list)
    """Paths that were asked for with the right password."""
    open: bool = False
    """Whether everyone may read."""
    moved_to: str = ""
    """URL of another server that has what is asked for."""
    logins: list[str] = field(default_factory=list)
    """Credentials of all requests."""

    @property
    def index(self) -> str:
        return f"{self.url}/simple"

    def add(self, name: str, version: str, tag: str = "py3-none-any", needs: tuple[str, ...] = ()) -> str:
        """Publish a wheel; return its hash."""
        place = self.folder / "simple" / name
        place.mkdir(parents=True, exist_ok=True)
        path = place / f"{name.replace('-', '_')}-{version}-{tag}.whl"
        write_wheel(path, name, version, tag, needs)
        links = [f'<a href="{one.name}">{one.name}</a>' for one in sorted(place.glob("*.whl"))]
        (place / "index.html").write_text("<!DOCTYPE html>" + "".join(links))
        return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def write_wheel(path: Path, name: str, version: str, tag: str, needs: tuple[str, ...] = ()) -> None:
    """A wheel that holds nothing but its description."""
    base = f"{name.replace('-', '_')}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {one}\n" for one in needs)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{base}/METADATA", metadata)
        archive.writestr(f"{base}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        archive.writestr(f"{base}/RECORD", "")


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """The server while the block runs."""
    server = Server(folder)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            server.logins.append(self.headers.get("Authorization", ""))
            if server.moved_to:
                self.send_response(302)
                self.send_header("Location", server.moved_to + self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if not server.open and self.headers.get("Authorization") != BASIC:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="packages"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            server.asked.append(self.path)
            super().do_GET()

        def log_message(self, *_words: object) -> None:
            """Nothing."""

        def __init__(self, *words: object) -> None:
            super().__init__(*words, directory=str(folder))  # type: ignore[arg-type]

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


BACKEND = """
import os, time, zipfile
def build_wheel(folder, *_):
    name, version, tag = "{name}", "{version}", "{tag}"
    base = f"{{name}}-{{version}}.dist-info"
    file = f"{{name}}-{{version}}-{{tag}}.whl"
    with zipfile.ZipFile(os.path.join(folder, file), "w") as archive:
        def add(path, text):
            when = time.gmtime(float(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
            archive.writestr(zipfile.ZipInfo(path, when[:6]), text)
        add(f"{{name}}.py", open("{name}.py").read())
        add(f"{{name}}_environment.py", repr(sorted(os.environ.items())) if {spy} else "")
        add(f"{{base}}/METADATA", f"Metadata-Version: 2.1\\nName: {{name}}\\nVersion: {{version}}\\n")
        add(f"{{base}}/WHEEL", f"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: {{tag}}\\n")
        add(f"{{base}}/RECORD", "")
    return file
"""


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    return subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True).stdout


def repository(folder: Path, name: str, *, subdirectory: str = "", tag: str = "py3-none-any", spy: bool = False) -> str:
    """A git repository with a package that needs no other one to build, ready for plain HTTP; return its commit."""
    place = folder / subdirectory
    place.mkdir(parents=True)
    settings = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    (place / "pyproject.toml").write_text(settings)
    (place / "backend.py").write_text(BACKEND.format(name=name, version="1.0", tag=tag, spy=spy))
    (place / f"{name}.py").write_text("VALUE = 1\n")
    git(folder, "init", "--quiet", "--initial-branch=main")
    return commit(folder)


def commit(folder: Path) -> str:
    """Commit everything and return the commit."""
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "one")
    git(folder, "update-server-info")
    return git(folder, "rev-parse", "HEAD").strip()


def members(content: bytes, path: Path) -> Mapping[str, bytes]:
    """Files in a wheel."""
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
