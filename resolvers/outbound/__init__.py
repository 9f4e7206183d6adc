"""The guarded HTTP client: every request to an outside address is checked, bounded in time and bounded in bytes.

Entry points: `client.Fetcher`, `limits.Limits`, `response.Fetched`.
"""
