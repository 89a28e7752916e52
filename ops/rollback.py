"""`rollback` and `forward`: what is meant, whether it can be done, and the question before it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from infra.release import kept_images
from infra.release.record import Release, Withheld
from ops.choice import before, by_number, newest
from ops.errors import Refused, UsageError
from ops.host import Host, Tell
from ops.hosts import host_of
from ops.redeploy import Change, perform, refuse_without_images
from ops.stack import Stack
from ops.status_view import named, when

Ask = Callable[[str], None]
"""Shows a question; raises when the answer is no."""
ROLLBACK, RELEASE = "rollback", "release"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How it ended."""

    changed: bool
    """False when the release was serving and on record already."""
    release: Release
    """The last on record."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the operator wants, and how to talk to them."""

    ask: Ask
    tell: Tell
    may_lack: bool = False


def roll_back(stack: Stack, number: int | None, wish: Wish) -> Outcome:
    """Bring an earlier release back: the one before the running one, or the one with this number.

    Raises UsageError for a number that is not on record, Refused or ReleaseError.
    """
    history = stack.history()
    latest = history[-1]
    host = host_of(stack.session, latest)
    target = _numbered(history, number) if number is not None else _before(history, host.running().tag)
    # Of several rollbacks the first counts: what it undid is what the sources still say.
    withheld = latest.withheld or Withheld(number=latest.number, tag=latest.tag, sources=latest.sources)
    change = Change(
        kind=ROLLBACK,
        target=target,
        latest=latest,
        withheld=None if withheld.is_of(target.tag) else withheld,
        may_lack=wish.may_lack,
    )
    return _carry_out(stack, change, host, wish)


def go_forward(stack: Stack, wish: Wish) -> Outcome:
    """Bring the withheld release back, if one is withheld. Raises Refused when it cannot run."""
    history = stack.history()
    latest = history[-1]
    if latest.withheld is None:
        kept_images.keep(stack.session, latest)
        return Outcome(changed=False, release=latest)
    target = by_number(history, latest.withheld.number) or newest(history, latest.withheld.tag)
    if target is None:
        raise Refused(
            f"Release {latest.withheld.number} is withheld, and the record does not reach back to it any more. Deploy "
            "changed sources with `pulumi up`."
        )
    change = Change(kind=RELEASE, target=target, latest=latest, withheld=None, may_lack=wish.may_lack)
    return _carry_out(stack, change, host_of(stack.session, latest), wish)


def _carry_out(stack: Stack, change: Change, host: Host, wish: Wish) -> Outcome:
    target, latest, running = change.target, change.latest, host.running()
    if running.settled and running.tag == target.tag == latest.tag:
        # A kill may have come between the record and the tags.
        kept_images.keep(stack.session, latest)
        return Outcome(changed=False, release=latest)
    begun = running.tag == target.tag != latest.tag
    host.refuse_concurrent(joined=begun)
    refuse_without_images(stack.session, target)
    if begun:
        wish.tell(f"{named(target)} was begun already; this brings it to its end.")
    else:
        wish.ask(_question(change))
    return Outcome(changed=True, release=perform(stack.session, stack.record, change, wish.tell))


def _question(change: Change) -> str:
    target, latest = change.target, change.latest
    if target.tag == latest.tag:
        return f"{named(latest)} should serve and does not. Start it again?"
    return (
        f"Now:  {named(latest)}, {when(latest)}\n"
        f"Then: {named(target)}, {when(target)}, with the settings and secrets of now\n"
        f"{'Roll back' if change.kind == ROLLBACK else 'Go forward'}?"
    )


def _numbered(history: Sequence[Release], number: int) -> Release:
    target = by_number(history, number)
    if target is None:
        raise UsageError(
            f"Release {number} is not on record, which goes from {history[0].number} to {history[-1].number}: "
            "`python -m ops releases` lists it."
        )
    return target


def _before(history: Sequence[Release], running: str) -> Release:
    target = before(history, running)
    if target is None:
        raise Refused(
            f"There is no release to go back to: {named(history[-1])} is the only one on record that was not rolled "
            "back from. Deploy mended sources with `pulumi up`, or name one of `python -m ops releases`."
        )
    return target
