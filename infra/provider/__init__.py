"""Log in to AWS as Pulumi's AWS provider does: its configuration, read for boto3, and the account it reaches."""
