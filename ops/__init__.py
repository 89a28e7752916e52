"""The team's command line for a deployed stack: it reads and changes AWS with boto3 alone, never Pulumi's state."""
