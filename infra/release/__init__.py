"""A release from migration to record: migrate the database, wait for the ECS rollout, record what runs.

`hooks.py` and `releases.py` connect this to Pulumi. The other modules use boto3 with a session passed in, so the
command line in `ops/` uses them too.
"""
