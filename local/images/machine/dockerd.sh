#!/bin/sh
# Options of the default log driver hold for every container that names the same one: where CloudWatch Logs is here.
exec /usr/sbin/dockerd --add-runtime=embedded=/opt/init/runc --default-runtime=embedded \
    --log-driver=awslogs --log-opt=awslogs-group=unnamed --log-opt=awslogs-endpoint="$AWS_ENDPOINT_URL"
