"""The guarded HTTP client: every request to an outside address is checked, and limited in time and bytes.

Entry points: `client.OutboundClient`, `limits.Limits`, `response.FetchedResponse`.
"""
