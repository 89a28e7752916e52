"""Why a release does not serve on the machine: the causes of ECS, with what to do about them here. Pure."""

from infra.release.diagnosis import CAPACITY, IMAGE, MEMORY, SECRET, UNHEALTHY, UNKNOWN, Cause, cause_of

FIXES = {
    IMAGE: (
        "look whether the digest is in its repository (`aws ecr describe-images`), was built for the machine's "
        "architecture, and whether the machine has room on its disk"
    ),
    SECRET: (
        "look at the machine's role (infra/machine/policies.py), at the keys of the secret and at the state of its "
        "KMS key"
    ),
    CAPACITY: "change preqly:vmInstanceType, or run `pulumi up` again in some minutes",
    MEMORY: (
        "raise preqly:taskMemory, with a preqly:vmInstanceType that holds it twice, or find what in the release needs "
        "it"
    ),
    UNHEALTHY: (
        "look at the health answers and the log lines: /healthz must answer 200 through proxy and application; a slow "
        "start needs a larger preqly:vmInstanceType"
    ),
}


def explained(words: str) -> str:
    """The machine's words between their cause and what to do about it; as they are when they name no cause."""
    # A line of the application's own log is no cause.
    cause: Cause = cause_of(words.partition("\nlast lines:")[0])
    if cause == UNKNOWN:
        return words
    return f"{words}\ncause: {cause.name}\nfix: {FIXES.get(cause, cause.fix)}"
