"""Secrets that tasks read: references in task definitions, versions in AWS, and what looks like one."""
