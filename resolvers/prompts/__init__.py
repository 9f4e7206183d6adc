"""Ask people to resolve questions: when to prompt and remind, and the inbox of what waits.

Entry points: `schedule`, `inbox.list_prompts`, `inbox_groups`.
"""
