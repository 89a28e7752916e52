"""A process in a running container, with its standard streams."""

import contextlib
import queue
import struct
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from docker.errors import APIError

from embedded_cloud.containers.docker_host import DockerHost

CHUNK = 32_768
SESSION_VARIABLE = "EMBEDDED_CLOUD_SESSION"
"""Marks the processes of a session, so that they can be found when the client has gone."""
_STREAM_HEADER = struct.Struct(">BxxxI")
_STDOUT = 1
_HANG_UP = (
    'for one in /proc/[0-9]*; do if tr "\\0" "\\n" < $one/environ 2>/dev/null '
    f'| grep -qx "{SESSION_VARIABLE}=$0"; then kill -HUP ${{one#/proc/}}; fi; done'
)


class Process:
    """Starts a command at once. Reading and writing may happen in different threads."""

    def __init__(
        self,
        docker: DockerHost,
        container: str,
        command: Sequence[str],
        *,
        session: str,
        tty: bool = False,
        user: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Raises docker's APIError when the container does not run."""
        self._docker, self._container, self._session, self._tty = docker, container, session, tty
        api = docker.client.api
        variables = {**(environment or {}), SESSION_VARIABLE: session}
        made = api.exec_create(container, list(command), stdin=True, tty=tty, user=user, environment=variables)
        self._identifier = made["Id"]
        stream: Any = api.exec_start(self._identifier, tty=tty, socket=True)
        self._socket = getattr(stream, "_sock", stream)
        # A terminal may be silent for hours.
        self._socket.settimeout(None)
        # The first output may have been read together with the headers of Docker's answer.
        self._output = stream._response.raw._fp.fp
        self._input: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._write_input, name=f"input-{session[-6:]}", daemon=True).start()

    def read(self) -> bytes:
        """The next output; empty when the process has ended. Its standard error counts on a terminal only."""
        with contextlib.suppress(OSError, ValueError):
            if self._tty:
                return bytes(self._output.read1(CHUNK))
            while len(head := self._output.read(_STREAM_HEADER.size)) == _STREAM_HEADER.size:
                stream, length = _STREAM_HEADER.unpack(head)
                data = bytes(self._output.read(length))
                if stream == _STDOUT:
                    return data
        return b""

    def write(self, data: bytes) -> None:
        """Send input. Never waits for the process to read it."""
        self._input.put(data)

    def end_input(self) -> None:
        """Close standard input after what was written."""
        self._input.put(None)

    def resize(self, columns: int, rows: int) -> None:
        """Set the size of the terminal."""
        with contextlib.suppress(APIError):
            self._docker.client.api.exec_resize(self._identifier, height=rows, width=columns)

    def exit_code(self) -> int | None:
        """None while it runs."""
        code = self._docker.client.api.exec_inspect(self._identifier)["ExitCode"]
        return None if code is None else int(code)

    def hang_up(self) -> None:
        """Send SIGHUP to all processes of the session, as a closing terminal does. Docker leaves them running."""
        with contextlib.suppress(APIError):
            if self.exit_code() is None:
                api = self._docker.client.api
                killer = api.exec_create(self._container, ["sh", "-c", _HANG_UP, self._session], user="0")
                api.exec_start(killer["Id"])
        self.end_input()

    def close(self) -> None:
        """Close the streams."""
        self.end_input()
        with contextlib.suppress(OSError):
            self._output.close()
            self._socket.close()

    def _write_input(self) -> None:
        with contextlib.suppress(OSError):
            while (data := self._input.get()) is not None:
                self._socket.sendall(data)
            if not self._tty:
                self._socket.shutdown(1)
