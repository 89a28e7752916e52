"""Encryption key, log groups, network and security groups: what every other room builds on."""
