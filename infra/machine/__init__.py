"""The site on one EC2 instance: what is rendered for it, and the program that runs on it."""
