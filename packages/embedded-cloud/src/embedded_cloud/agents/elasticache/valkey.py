"""Valkey of a replication group: its configuration files, and the users on the running server."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from docker.errors import APIError
from docker.models.containers import Container

FOLDER = "/embedded-cloud"
"""Folder of the configuration files and of the Unix socket in the container."""
ADMINISTRATOR = "embedded-cloud"
"""The agent's own user. Its password is in a file of the container."""
MEMORY = "64mb"
"""Sizes of a cache node do not fit this machine."""
OWN_SETTINGS = frozenset({"maxmemory", "port", "tls-port", "aclfile", "unixsocket", "save", "appendonly", "bind"})
"""Settings that the embedded cloud decides, whatever the parameter group says."""
CONFLICT = 409
"""Docker's status for a container that is not running."""


class CacheNotReadyError(Exception):
    """Valkey does not answer yet."""


@dataclass(frozen=True)
class CacheUser:
    """A user as ElastiCache has it."""

    name: str
    access: str
    """Rules of Valkey's ACL, without passwords."""
    passwords: tuple[str, ...] = field(repr=False, default=())
    """Empty for a user that needs none."""


def configuration(port: int, *, tls: bool) -> str:
    """Return valkey.conf. Like a node of ElastiCache, the server loses its data when it stops."""
    ports = f"port {0 if tls else port}\n"
    if tls:
        ports += f"tls-port {port}\ntls-auth-clients no\n"
        ports += f"tls-cert-file {FOLDER}/server.pem\ntls-key-file {FOLDER}/server.key\n"
    return f"""\
bind * -::*
{ports}unixsocket {FOLDER}/valkey.sock
aclfile {FOLDER}/users.acl
maxmemory {MEMORY}
save ""
appendonly no
dir /tmp
"""


def users_acl(users: Sequence[CacheUser], administrator: str) -> str:
    """Return users.acl, with digests in place of passwords. Without a user `default` nobody logs in without a name."""
    own = CacheUser(ADMINISTRATOR, "on ~* &* +@all", (administrator,))
    closed = () if any(user.name == "default" for user in users) else (CacheUser("default", "off -@all"),)
    return "".join(f"{_acl(user)}\n" for user in (own, *closed, *sorted(users, key=lambda one: one.name)))


def _acl(user: CacheUser) -> str:
    digests = [f"#{hashlib.sha256(password.encode()).hexdigest()}" for password in user.passwords]
    return f"user {user.name} reset {' '.join(digests or ['nopass'])} {user.access}"


def load_users(container: Container) -> None:
    """Let the server read users.acl again: users that are gone lose their connections, all others keep them.

    https://valkey.io/commands/acl-load/
    """
    _cli(container, "ACL", "LOAD")


def set_parameters(container: Container, parameters: Mapping[str, str]) -> list[str]:
    """Apply a parameter group and return what the server refuses, such as a parameter that only ElastiCache has."""
    refused = []
    for name, value in sorted(parameters.items()):
        if name not in OWN_SETTINGS and (said := _cli(container, "CONFIG", "SET", name, value)) != "OK":
            refused.append(f"{name}: {said}")
    return refused


def _cli(container: Container, *words: str) -> str:
    # The password is neither among the arguments nor in what Docker stores of the command.
    script = f'VALKEYCLI_AUTH="$(cat {FOLDER}/administrator)" REDISCLI_AUTH="$VALKEYCLI_AUTH"; '
    script += 'export VALKEYCLI_AUTH REDISCLI_AUTH; exec valkey-cli "$@"'
    socket = ("-s", f"{FOLDER}/valkey.sock", "--user", ADMINISTRATOR, "--no-auth-warning")
    try:
        code, output = container.exec_run(["/bin/sh", "-c", script, "sh", *socket, *words])
    except APIError as error:
        if error.status_code == CONFLICT:
            raise CacheNotReadyError from error
        raise
    said = str(output.decode(errors="replace").strip())
    if code != 0 or "LOADING" in said:
        raise CacheNotReadyError
    if words[0] == "ACL" and said != "OK":
        raise RuntimeError(f"valkey-cli {' '.join(words)}: {said}")
    return said
