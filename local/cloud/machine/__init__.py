"""EC2 instances that are real: containers that boot their user data, take commands and have an address."""
