"""What API and pages share of HTTP: errors, responses, ETags, pagination, strict requests, OpenAPI.

Entry points: `problems`, `responses`, `idempotency`, `pagination`.
"""
