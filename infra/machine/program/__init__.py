"""What runs on the machine itself: Python's standard library, boto3 and Docker's command line, no Pulumi."""
