"""HTML rendering: templates, labels, formats, forms, error pages, static files.

Entry points: `templates`, `forms`, `cached_page`.
"""
