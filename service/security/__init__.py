"""Who may do what: API keys, browser sessions, CSRF tokens, the bound on failed sign-ins.

Entry points: `access.Reader` and its like, `api_keys`, `browser_session`, `csrf`.
"""
