"""A small ACME server (RFC 8555), so that the machine's certbot runs as it does with Let's Encrypt.

It signs with the cloud's own authority, and believes the DNS that moto's Route 53 holds.
"""
