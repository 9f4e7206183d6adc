"""Pages for signed-in editors: record, correct, resolve, assign, set up channels and resolvers.

Entry point: the router of each page, which `service.pages.router` includes.
"""
