"""Read the record: lists page by page, details, search, and the ledger trail of a question.

Entry points: the `list_*` functions of `listing`, the `view_*` functions of `details`, `search`, `question_trail`.
"""
