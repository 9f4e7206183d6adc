"""The life of a question: create, look up, propose an outcome, resolve, correct, assign and snooze.

Entry points: the functions of `create`, `change`, `lookup`, `lifecycle`, `proposals`, `resolve`, `triage` and
`references`.
"""
