"""HTTP shared by API and pages: errors, responses, ETags, pagination, strict requests, OpenAPI.

Entry points: `problems`, `responses`, `idempotency`, `pagination`.
"""
