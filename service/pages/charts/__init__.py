"""Geometry of the charts: values to coordinates. Templates draw them as SVG; style.css colours them.

Entry points: one module for each chart; `scales` is shared.
"""
