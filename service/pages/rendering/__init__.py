"""From data to HTML: templates, formatting, forms, error pages, static files.

Entry points: `templates`, `forms`, `cached_page`.
"""
