"""The built-in resolvers, one module for each kind of source, and the interface for plug-ins.

Entry points: `interface.Resolver`, `registry`.
"""
