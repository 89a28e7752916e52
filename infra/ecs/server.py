"""Processes, threads and time limits of a task's web server. Pure: no resources.

A request ends inside the application first, then in the proxy, then at the load balancer: each waits a little longer
than the one behind it, so that the visitor gets the answer of the part that knows most (docs/decisions/0033).
"""

UNITS_PER_VCPU = 1024
PROXY_SECONDS = 5
"""How much longer the proxy waits than a request may take (docker/bin/start-proxy, docker/build/nginx.py)."""
LONGEST_REQUEST = 600
"""Most seconds that a path may ask for: every rollout waits as long for the tasks that it replaces, and ends in 20
minutes (ROLLOUT_SECONDS in infra/release/rollout/deployment.py). What takes longer belongs into a job of its own."""
LONGEST_STOP = 120
"""Most seconds from the stop signal to SIGKILL: stopTimeout on Fargate
(docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html). They need not follow the length of
requests: ECS sends the signal after the deregistration delay."""


def workers(cpu: int) -> int:
    """gunicorn's processes in a task of `cpu` units (1024 = one vCPU).

    Two for each vCPU, at least two, need the least CPU time per request (docs/performance.md).
    """
    return 2 * max(1, cpu // UNITS_PER_VCPU)


def database_connections(cpu: int, threads: int) -> int:
    """Most database connections of one task: one for each thread of each process."""
    return workers(cpu) * threads


def requests_per_task(per_vcpu: int, cpu: int) -> int:
    """Requests a minute at which a task of `cpu` units asks for help; 0 for 0, which means never."""
    return max(1, per_vcpu * cpu // UNITS_PER_VCPU) if per_vcpu else 0


def idle_timeout(request_timeout: int) -> int:
    """Idle timeout of the load balancer in seconds, longer than the proxy waits for a request of this length.

    AWS's default is 60 s, at most 4000:
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
    """
    return request_timeout + 30


def deregistration_delay(request_timeout: int) -> int:
    """Seconds that a deregistered task has for its requests: as long as the proxy waits for one.

    The load balancer closes what is still open after them. ECS waits for them to pass, also without any request, so
    every rollout takes that much longer. AWS takes 0 to 3600:
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-connection-draining.html
    """
    return request_timeout + PROXY_SECONDS
