"""What the settings ask for in Route 53, SES and ACM. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from infra.problem import Problem, full_key


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the settings ask for, and the names that mark the stack's own resources."""

    project: str
    stack: str
    zone: str
    zone_id: str
    """Empty: the zone is found by its name."""
    create_zone: bool
    hosts: tuple[str, ...]
    dns_records: str
    certificate_arn: str
    """Empty: the stack makes a certificate."""
    sender_domain: str
    """Domain to send mail from through Amazon SES; empty without SES."""
    adopt_email_identity: bool
    mail_records: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Values of the records that mail needs beside DKIM, by name and type."""
    configuration_set: str = ""
    replaced_records_path: str = ""
    """Path of the SSM parameters that keep replaced records."""

    @property
    def aliases(self) -> tuple[str, ...]:
        """The hosts besides the domain."""
        return self.hosts[1:]

    @property
    def needs_zones(self) -> bool:
        """Whether the stack has records of the site's names: their addresses, or the proofs of its certificate."""
        return self.dns_records != "none" or not self.certificate_arn

    def owns(self, tags: Iterable[Mapping[str, str]]) -> bool:
        """Whether a resource with these tags is one of this stack (infra/tags.py)."""
        found = {tag["Key"]: tag.get("Value", "") for tag in tags}
        return found.get("Project") == self.project and found.get("Stack") == self.stack

    def problem(self, field_name: str, rule: str, fix: str) -> Problem:
        """A problem of one of the fields that have the name of a setting."""
        return Problem(full_key(field_name, self.project), getattr(self, field_name), rule, fix)
