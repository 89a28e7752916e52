"""What runs on the machine itself: Python and Debian's packages (boto3, cryptography, certbot, Docker), no Pulumi."""
