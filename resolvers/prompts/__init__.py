"""Prompts for people to resolve questions: their schedule, and the inbox of questions that wait for an outcome.

Entry points: `schedule`, `inbox.list_prompts`, `inbox_groups`.
"""
