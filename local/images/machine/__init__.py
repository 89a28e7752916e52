"""What boots inside an embedded EC2 instance."""
