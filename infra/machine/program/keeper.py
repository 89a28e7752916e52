"""The machine's own service: brings the site up at boot, and looks after it until the machine ends."""

import logging
import threading
import time
from http.server import ThreadingHTTPServer
from typing import Any

from . import boot_trouble, certificate, credentials, deploy, images, instance, metrics, renewal, site
from .errors import MachineError
from .lock import alone, at_work
from .machine import Machine
from .release import Release, current_key, fetch
from .serving import serving
from .slot_containers import SlotContainers
from .slots import Slot, send_visitors_to

LOOK_SECONDS = 5.0
REPAIR_AFTER = 4
"""Looks without an answer before the slot is rebuilt: Docker's own restart of a container comes first."""
GIVE_UP_SECONDS = 300.0
METRICS_SECONDS = 60.0
FULL_PERCENT, PRUNE_SECONDS = 75.0, 600.0
"""From where on images that nobody uses are removed, and how often at most: the alarm rings at 85."""

log = logging.getLogger("preqly")


class Keeper:
    """Looks after one machine. Nothing it remembers is needed by the next one."""

    def __init__(self, session: Any, machine: Machine) -> None:
        self._session, self._machine = session, machine
        self._misses = 0
        self._answered = time.monotonic()
        self._next: dict[str, float] = {}
        self._endpoint: ThreadingHTTPServer | None = None
        self._kills = metrics.memory_kills()
        self._read: tuple[str, Release] | None = None

    def boot(self) -> None:
        """The release of record serves, and the address leads here. Raises MachineError."""
        key = current_key(self._session, self._machine)
        release = self._release(key)
        if self._endpoint is None:
            credentials.make_address()
            roles = {
                credentials.serving_path(self._machine): release.application_role,
                credentials.preparation_path(self._machine): release.preparation_role,
            }
            self._endpoint = credentials.serve(
                {path: credentials.Credentials(self._session, role) for path, role in roles.items()}
            )
        with alone(self._machine, "the start of the site"):
            if not self._serves_already(release):
                # Before the very first release there is no role of the database yet; later this finds all done.
                deploy.prepare(self._session, self._machine, key)
                deploy.deploy(self._session, self._machine, key)
        instance.take_address(self._session, release.address)
        self._answered = time.monotonic()
        log.info("release %s serves", release.version)

    def give_up_if_hopeless(self) -> None:
        """After a boot that failed: ask for another machine, unless visitors have the site or somebody is at work."""
        if boot_trouble.is_hopeless(self._machine) and not at_work(self._machine) and not self._answers():
            log.error("the site did not come up for too long: this machine asks to be replaced")
            instance.give_up(self._session)

    def watch(self) -> None:
        """Look after the site and its certificate, for ever."""
        threading.Thread(target=renewal.watch, args=(self._machine,), name="certificate", daemon=True).start()
        while True:
            try:
                self.look()
            except Exception:
                # The keeper outlives whatever a look meets; the next one comes in a moment.
                log.exception("a look at the site failed")
            time.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """One look: repair what does not answer, report numbers."""
        known = serving(self._machine)
        if known is None:
            return
        key, slot = known
        release = self._release(key)
        answers = self._look_at_site(release, slot)
        if self._due("metrics", METRICS_SECONDS):
            self._report(release, answers=answers)
        self._make_room()

    def _report(self, release: Release, *, answers: bool) -> None:
        days, kills = certificate.days_left(self._machine), metrics.memory_kills()
        new = kills - self._kills
        metrics.report(self._session, release.host, answers=answers, certificate_days=days, kills=new)
        # Those that CloudWatch did not take are told with the next.
        self._kills = kills

    def _release(self, key: str) -> Release:
        """Read once: its name is its content's, and the site is to be looked after while S3 is away as well."""
        if self._read is None or self._read[0] != key:
            self._read = (key, fetch(self._session, self._machine, key))
        return self._read[1]

    def _serves_already(self, release: Release) -> bool:
        """Whether only the keeper was started anew: what was deployed meanwhile is on record in a moment."""
        known = serving(self._machine)
        return known is not None and not site.problem(known[1], release.host)

    def _answers(self) -> bool:
        known = serving(self._machine)
        return known is not None and not site.problem(known[1], self._release(known[0]).host)

    def _look_at_site(self, release: Release, slot: Slot) -> bool:
        """Whether it answered; what a repair brings is for the next look to say."""
        seen = site.problem(slot, release.host)
        if not seen:
            self._misses, self._answered = 0, time.monotonic()
            return True
        self._misses += 1
        log.warning("the site does not answer through slot %s: %s", slot.name, seen)
        if time.monotonic() - self._answered > GIVE_UP_SECONDS:
            log.error("nothing helped for %.0f s: this machine asks to be replaced", GIVE_UP_SECONDS)
            instance.give_up(self._session)
        elif self._misses >= REPAIR_AFTER:
            self._misses = 0
            self._repair(slot)
        return False

    def _make_room(self) -> None:
        """Not while a deploy is at work: the images it has pulled are not in use yet."""
        if metrics.disk_percent() < FULL_PERCENT or at_work(self._machine) or not self._due("room", PRUNE_SECONDS):
            return
        with alone(self._machine, "room on the disk"):
            log.warning("the disk is over %.0f %% full: images that nobody uses are removed", FULL_PERCENT)
            images.remove_unused()

    def _repair(self, slot: Slot) -> None:
        with alone(self._machine):
            known = serving(self._machine)
            # A deploy that ended meanwhile has put another slot in its place.
            if known is None or known[1] != slot:
                return
            try:
                SlotContainers(self._machine, slot).start()
                send_visitors_to(slot)
            except MachineError as error:
                log.error("the repair of slot %s failed: %s", slot.name, error)  # noqa: TRY400 - the message says it all

    def _due(self, what: str, every_seconds: float) -> bool:
        now = time.monotonic()
        if now < self._next.get(what, 0.0):
            return False
        self._next[what] = now + every_seconds
        return True
