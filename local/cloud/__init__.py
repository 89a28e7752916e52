"""AWS on this machine: state in moto, containers on Docker. Knows nothing of Pulumi."""
