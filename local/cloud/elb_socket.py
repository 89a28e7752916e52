"""HAProxy's admin socket, which listens on its container's own loopback only."""

from collections.abc import Sequence

from docker.models.containers import Container

from local.cloud.elb_config import ADMIN_PORT

# bash speaks TCP by itself, so the image needs no further program.
_SEND = f'exec 3<>/dev/tcp/127.0.0.1/{ADMIN_PORT} && printf "%s\\n" "$1" >&3 && cat <&3'
_QUIET_ANSWERS = ("no need to change",)


class AdminSocketError(Exception):
    """HAProxy does not answer, or refuses a command."""


def ask(container: Container, command: str) -> str:
    """The answer to one command. Raises AdminSocketError."""
    code, output = container.exec_run(["bash", "-c", _SEND, "admin", command])
    text = str(output.decode(errors="replace"))
    if code != 0:
        raise AdminSocketError(f"HAProxy's admin socket does not answer: {text.strip()}")
    return text


def tell(container: Container, commands: Sequence[str]) -> None:
    """Carry out commands that answer nothing when all is well. Raises AdminSocketError."""
    if not commands:
        return
    answer = ask(container, "; ".join(commands))
    wrong = [line for line in answer.splitlines() if line.strip() and not _is_fine(line)]
    if wrong:
        raise AdminSocketError(f"HAProxy refuses: {'; '.join(wrong)}")


def _is_fine(line: str) -> bool:
    # A change of address is told back, and one that changes nothing too.
    return "changed from" in line or any(answer in line for answer in _QUIET_ANSWERS)
