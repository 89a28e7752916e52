"""What makes a deploy honest: migration before the release, verdict after it, and a record of what ran.

Only hooks.py knows Pulumi; the rest is boto3 with an injected session, so that the team's command line can use it too.
"""
