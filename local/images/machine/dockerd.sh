#!/bin/sh
# Containers inside count towards the instance's own memory, and go with it. With cgroup v2 its own processes forbid that.
parent=$(sed -n 's/^[0-9]*:memory://p' /proc/1/cgroup)
# Options of the default log driver hold for every container that names the same one: where CloudWatch Logs is here.
exec /usr/sbin/dockerd --add-runtime=embedded=/opt/init/runc --default-runtime=embedded \
    ${parent:+--cgroup-parent="$parent/containers"} \
    --log-driver=awslogs --log-opt=awslogs-group=unnamed --log-opt=awslogs-endpoint="$AWS_ENDPOINT_URL"
