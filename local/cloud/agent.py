"""What makes moto's state true on Docker: agents, each in a thread of its own."""

import logging
import threading
from typing import Protocol

logger = logging.getLogger("preqly.cloud")

PERIOD_SECONDS = 0.5


class Agent(Protocol):
    """Compares moto's state with Docker's and acts on the difference; keeps nothing that a restart would miss.

    May have a `close()`, called once after its last pass.
    """

    @property
    def name(self) -> str:
        """Shown in the log."""

    def reconcile(self) -> None:
        """One pass. May raise: the error is logged and the next pass tries again. Should return within seconds."""


class AgentThread:
    """Calls `reconcile` about twice a second until stopped."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"agent-{agent.name}", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask to end after the pass that is running; `join` waits for it."""
        self._stopping.set()

    def join(self, timeout_seconds: float) -> None:
        """Wait for the thread to end, at most that long."""
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        last_error = ""
        while not self._stopping.is_set():
            try:
                self._agent.reconcile()
                last_error = ""
            except Exception as error:  # an agent outlives every error of a pass
                message = f"{type(error).__name__}: {error}"
                # A fault that lasts is told once, not twice a second.
                if message != last_error:
                    logger.warning("%s: %s", self._agent.name, message, exc_info=logger.isEnabledFor(logging.DEBUG))
                last_error = message
            self._stopping.wait(PERIOD_SECONDS)
        if close := getattr(self._agent, "close", None):
            close()
