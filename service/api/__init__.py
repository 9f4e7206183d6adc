"""The HTTP API: one module for each resource.

Entry point: the router of each module, which `service.app.create_app` includes.
"""
