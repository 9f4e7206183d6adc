"""Validated inputs and read models: the shapes that API, pages, files and command line share.

Entry points: `inputs` (submitted data), `views` (read models), `fields` (field types).
"""
