"""Changes of what is settled: what they need, what they do to scores, who approves them, and their list.

Entry points: the functions of `doors` for each way in, `decisions` to approve or reject, and `listing`.
"""
