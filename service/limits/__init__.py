"""Bounds on what one client may use: connections, time, bytes, requests.

Entry point: `http_protocol.guarded`, the protocol of the server.
"""
