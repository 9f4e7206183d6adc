"""Routes by which mistakes are put right in public: contests and corrections.

Entry point: the router of each module, which `service.app.create_app` includes.
"""
