"""The agent of EventBridge: schedules, events of ECS tasks, pipes."""

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.events.pipes import Pipes
from embedded_cloud.agents.events.schedules import Schedules
from embedded_cloud.agents.events.task_events import TaskEvents


class EventsAgent:
    name = "events"

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._parts = (Schedules(context), TaskEvents(context), Pipes(context))

    def reconcile(self) -> None:
        """Run one pass. It reads and writes moto's state only."""
        for part in self._parts:
            with self._context.lock:
                part.reconcile()
