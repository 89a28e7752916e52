"""What EC2 and the machine's own programs see of its health: answers to status checks, and how much memory it has.

Only the standard library: this runs inside the container.
"""

import os
import re
import subprocess
import threading
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

STATUS_PORT = 61780
"""Where the first process answers EC2's status checks; nothing of the machine's own listens there."""
REFRESH_SECONDS = 2.0
CGROUP = Path("/sys/fs/cgroup/memory")
MEMINFO = Path("/proc/meminfo")


def answer_status_checks(port: int = STATUS_PORT) -> ThreadingHTTPServer:
    """Answer as long as the machine's processes get to run, from a thread of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("", port), Handler)
    threading.Thread(target=server.serve_forever, name="status", daemon=True).start()
    return server


def show_own_memory(file: Path = Path("/run/meminfo")) -> None:
    """Put the instance's memory in place of the host's in /proc/meminfo, and keep it true. Where the kernel does not
    say how much that is (cgroup v2 hides it), the host's stays."""
    found = re.search(r"^\d+:memory:(.*)$", Path("/proc/1/cgroup").read_text(), re.MULTILINE)
    group = CGROUP / found[1].lstrip("/") if found else CGROUP
    if not (group / "memory.limit_in_bytes").exists():
        return
    host = MEMINFO.read_text()
    file.write_text(own_memory(host, group))
    subprocess.run(["mount", "--bind", str(file), str(MEMINFO)], check=True)

    def refresh() -> None:
        descriptor = os.open(file, os.O_WRONLY)
        while True:
            # As long as the text before it, in one write: nobody reads half of it.
            os.pwrite(descriptor, own_memory(host, group).encode(), 0)
            time.sleep(REFRESH_SECONDS)

    threading.Thread(target=refresh, name="meminfo", daemon=True).start()


def own_memory(host: str, group: Path) -> str:
    """The text of /proc/meminfo with the numbers of a memory cgroup (v1), each as long as it was."""
    stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    limit, used = _number(group, "memory.limit_in_bytes"), _number(group, "memory.usage_in_bytes")
    # Pages of files that nobody has touched lately are given back before anything is killed.
    available = limit - used + int(stat["total_inactive_file"])
    swap_limit = _number(group, "memory.memsw.limit_in_bytes")
    swap_used = _number(group, "memory.memsw.usage_in_bytes") - used
    own = {"MemTotal": limit, "MemFree": limit - used, "MemAvailable": available}
    own |= {"SwapTotal": max(swap_limit - limit, 0), "SwapFree": max(swap_limit - limit - max(swap_used, 0), 0)}
    # Without swap of the host there is none here either.
    if re.search(r"^SwapTotal: +0 kB$", host, re.MULTILINE):
        own |= {"SwapTotal": 0, "SwapFree": 0}
    for name, size in own.items():
        host = re.sub(rf"^({name}:)( *\d+)( kB)$", partial(_line, size), host, flags=re.MULTILINE)
    return host


def _line(size: int, line: "re.Match[str]") -> str:
    return f"{line[1]}{size // 1024:>{len(line[2])}}{line[3]}"


def _number(group: Path, name: str) -> int:
    path = group / name
    return int(path.read_text()) if path.exists() else 0
