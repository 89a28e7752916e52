"""The site on ECS Fargate: containers, task definitions, roles, service, load balancer and scaling."""
