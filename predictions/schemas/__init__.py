"""Validated inputs and read models: the shapes that API, pages, files and command line share.

Entry points: `inputs` (what may be submitted), `views` (what is read), `fields` (the types both are made of).
"""
