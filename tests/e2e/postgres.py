"""The database as somebody sees it who has a URL and sits inside the network."""

import re
import subprocess

from tests.e2e.checkout import Checkout
from tests.e2e.containers import running


def can_log_in(checkout: Checkout, url: str) -> bool:
    """Whether PostgreSQL lets the role of this URL in."""
    parts = re.fullmatch(r"\w+://(?P<user>[^:]+):(?P<password>[^@]+)@[^:/]+:(?P<port>\d+)/(?P<name>\w+).*", url)
    assert parts is not None
    (container,) = running(checkout, "name=-db-")
    asked = f"host=localhost port={parts['port']} user={parts['user']} dbname={parts['name']} sslmode=require"
    tried = subprocess.run(
        ["docker", "exec", "-e", f"PGPASSWORD={parts['password']}", container, "psql", asked, "-c", "SELECT 1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.returncode == 0 or "FATAL" in tried.stderr, tried.stderr
    return tried.returncode == 0
