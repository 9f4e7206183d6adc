"""Authenticate and authorise: API keys, browser sessions, CSRF tokens, the limit on failed sign-ins.

Entry points: `access.Reader` and its like, `api_keys`, `browser_session`, `csrf`.
"""
