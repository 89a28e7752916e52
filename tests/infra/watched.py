"""What alarms and dashboard watch, in the tests of both."""

from infra.metrics import Watched

WATCHED = Watched(
    load_balancer="app/front/1",
    target_group="targetgroup/front/2",
    cluster="cluster",
    service="service",
    database="preqly-0a1b2c3d",
    database_class="db.t4g.micro",
    database_storage_gb=20,
    min_tasks=2,
)
