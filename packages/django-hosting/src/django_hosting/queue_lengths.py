"""Lengths of queues in the cache, published as CloudWatch metrics in lines of the log.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

log = logging.getLogger(__name__)

EVERY_SECONDS = 60
NAMESPACE, METRIC, DIMENSIONS = "DjangoHosting", "QueueLength", ("Site", "Queue")


def start(environment: Mapping[str, str] = os.environ) -> None:
    """Publish the length of each of CACHE_QUEUES in REDIS_URL every minute, in a thread; without them do nothing."""
    queues = [name for name in environment.get("CACHE_QUEUES", "").split(",") if name]
    url, site = environment.get("REDIS_URL", ""), environment.get("CACHE_QUEUES_SITE", "")
    if queues and url:
        threading.Thread(target=_run, args=(url, site, queues), name="queue-lengths", daemon=True).start()


def _run(url: str, site: str, queues: list[str]) -> None:
    import redis  # noqa: PLC0415 - the extra `cache`

    server = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)
    while True:
        for queue in queues:
            try:
                line = metric_line(site, queue, server.llen(queue))
            except redis.RedisError as error:
                log.warning("the length of the queue %s cannot be read: %s", queue, error)
            else:
                # One write, so that no other line of the process comes between.
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
        time.sleep(EVERY_SECONDS)


def metric_line(site: str, queue: str, length: Any) -> str:
    """The line of the log from which CloudWatch takes the metric."""
    directive = {"Namespace": NAMESPACE, "Dimensions": [DIMENSIONS], "Metrics": [{"Name": METRIC, "Unit": "Count"}]}
    about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": about, **dict(zip(DIMENSIONS, (site, queue), strict=True)), METRIC: length})
