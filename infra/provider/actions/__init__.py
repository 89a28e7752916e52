"""IAM actions behind each resource type and each request of the program; the pipelines' roles are made from them."""
