"""Route 53 and what proves ownership through it: hosted zone, records, certificate, SES identity."""
