"""TLS of the load balancer. Pure: no resources."""

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
"""TLS 1.2 and 1.3 with forward secrecy and post-quantum key exchange; recommended by AWS."""
