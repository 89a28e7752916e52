"""What alarms and dashboard watch, in the tests of both."""

from infra.machine.watch import WatchedMachine
from infra.metrics import WatchedDatabase, WatchedService

SERVICE = WatchedService(
    load_balancer="app/front/1",
    target_group="targetgroup/front/2",
    cluster="cluster",
    service="service",
    min_tasks=2,
)
DATABASE = WatchedDatabase(identifier="preqly-0a1b2c3d", instance_class="db.t4g.micro", storage_gb=20)
MACHINE = WatchedMachine(host="app.preqly.com", group="preqly-test-machine", log_namespace="Preqly/preqly-test")
