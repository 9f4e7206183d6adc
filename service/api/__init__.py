"""The HTTP API: one module for each resource.

Entry point: the `router` of each module, included by `service.app.create_app`.
"""
