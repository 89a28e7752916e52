"""The engine's progress: a live view with counts and seconds in a terminal, one line per resource elsewhere."""

import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from pulumi.automation.events import DiagnosticEvent, EngineEvent, StepEventMetadata
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from local.runtime import ROOT

COLOUR_TAG = re.compile(r"<\{%.*?%\}>")
# Prefix of an inline program's own error when the engine reports it a second time.
_REPEATED = "an unhandled error occurred: "
# How the engine frames a list of one error.
_ONE_ERROR = re.compile(r"1 error occurred:\n\t\* ")
_SHOWN_AT_ONCE = 8
_VERBS = {
    "create": ("+", "creating", "created"),
    "update": ("~", "updating", "updated"),
    "delete": ("-", "deleting", "deleted"),
    "replace": ("±", "replacing", "replaced"),
    "create-replacement": ("±", "creating replacement of", "replaced"),
    "delete-replaced": ("-", "deleting replaced", "deleted replaced"),
    "refresh": ("↻", "reading", "read"),
}
_QUIET = {"same", "read", "replace", "discard-replaced", "remove-pending-replace", "refresh"}


@dataclass
class Progress:
    """A context manager; pass `on_event` to the Automation API, which calls it from one thread."""

    console: Console
    title: str
    changes: Counter[str] = field(default_factory=Counter)
    """Finished operations on resources, without components, by operation."""
    errors: list[str] = field(default_factory=list)
    _running: dict[str, tuple[str, float]] = field(default_factory=dict)
    _started: float = field(default_factory=time.monotonic)
    _live: Live | None = None

    def __enter__(self) -> "Progress":
        if self.console.is_terminal:
            self._live = Live(get_renderable=self._view, console=self.console, transient=True, refresh_per_second=4)
            self._live.start()
        else:
            self.console.print(self.title, highlight=False)
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()
        self._live = None

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._started

    def on_event(self, event: EngineEvent) -> None:
        """Note an event of the engine; kinds that the operator need not see are ignored."""
        if event.resource_pre_event is not None:
            self._begin(event.resource_pre_event.metadata)
        elif event.res_outputs_event is not None:
            self._end(event.res_outputs_event.metadata, shown=not event.res_outputs_event.planning)
        elif event.res_op_failed_event is not None:
            self._running.pop(event.res_op_failed_event.metadata.urn, None)
        elif event.diagnostic_event is not None:
            self._show(event.diagnostic_event)

    def summary(self) -> str:
        """Such as `112 created, 3 updated in 41 s`."""
        counts = [f"{count} {_VERBS[op][2]}" for op, count in sorted(self.changes.items()) if op in _VERBS]
        return f"{', '.join(counts) or 'no change'} in {self.seconds:.0f} s"

    def _begin(self, step: StepEventMetadata) -> None:
        if step.op not in _QUIET and not is_component(step):
            self._running[step.urn] = (
                f"{_VERBS.get(step.op, ('', step.op, step.op))[1]} {short(step.urn)}",
                time.monotonic(),
            )

    def _end(self, step: StepEventMetadata, *, shown: bool) -> None:
        begun = self._running.pop(step.urn, None)
        if step.op in _QUIET or is_component(step):
            return
        self.changes[step.op] += 1
        sign, _, done = _VERBS.get(step.op, ("", step.op, step.op))
        seconds = time.monotonic() - begun[1] if begun else 0.0
        if shown and (not self.console.is_terminal or seconds >= 5):
            took = f" ({seconds:.0f} s)" if seconds >= 1 else ""
            self.console.print(f"  {sign} {short(step.urn)} {done}{took}", highlight=False, markup=False)

    def _show(self, event: DiagnosticEvent) -> None:
        if event.ephemeral or event.severity not in {"error", "warning", "info", "info#err"}:
            return
        text = with_own_frames_only(COLOUR_TAG.sub("", event.message)).rstrip().removeprefix(_REPEATED)
        where = f"{short(event.urn)}: " if event.urn and not event.urn.endswith("pulumi:pulumi:Stack") else ""
        if event.severity == "info":
            if where:
                self.console.print(f"  {where}{text}", highlight=False, markup=False, soft_wrap=True)
        elif event.severity == "warning":
            self.console.print(f"  warning: {where}{text}", highlight=False, markup=False, style="yellow")
        elif text.strip() not in {"", "update failed", *self.errors}:
            self.errors.append(f"{where}{_ONE_ERROR.sub('', text)}")

    def _view(self) -> Group:
        now = time.monotonic()
        done = sum(self.changes.values())
        lines = [Text(f"{self.title}  {done} done, {len(self._running)} in progress, {self.seconds:.0f} s", "bold")]
        longest = sorted(self._running.values(), key=lambda item: item[1])
        lines += [Text(f"  {what}  {now - begun:.0f} s", "dim") for what, begun in longest[:_SHOWN_AT_ONCE]]
        return Group(*lines)


OnEvent = Callable[[EngineEvent], Any]


def short(urn: str) -> str:
    """`aws:rds:Instance database-instance` for a URN: type without its module's file, and the logical name."""
    parts = urn.split("::")
    kind = parts[2].split("$")[-1] if len(parts) > 2 else ""
    package, _, rest = kind.partition(":")
    module, _, name = rest.partition(":")
    return f"{package}:{module.split('/')[0]}:{name} {parts[-1]}" if name else parts[-1]


def with_own_frames_only(text: str) -> str:
    """Shorten a Python traceback to the frames of `__main__.py` and infra/."""
    head, mark, frames = text.partition("Traceback (most recent call last):\n")
    if not mark:
        return text
    own = re.findall(rf'  File "{re.escape(str(ROOT))}/((?:infra/|__main__)[^"]*)", line (\d+)', frames)
    where = "".join(f"\n  in {path}:{line}" for path, line in own)
    return f"{head.rstrip()}{where}"


def is_component(step: StepEventMetadata) -> bool:
    """Whether a step is about a component, the stack or a provider: none of them is created in the cloud."""
    state = step.new or step.old
    return (state is not None and not state.custom) or step.type.startswith(("pulumi:", "preqly:"))
