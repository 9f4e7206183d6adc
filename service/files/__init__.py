"""Import and export predictions as CSV and JSON Lines files.

Entry points: `import_file`, `export_file`, `export_content`.
"""
