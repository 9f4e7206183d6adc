"""Import and export whole records, line by line.

Entry points: `importer.Import`, and the `*_lines` functions of `export` and `export_computed`.
"""
