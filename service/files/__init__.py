"""Files of predictions, CSV and JSON Lines: read line by line into an import, and written by an export.

Entry points: `import_file`, `export_file`, `export_content`.
"""
