"""Hold each request against the service model that botocore ships, as AWS does before it looks at any resource."""
