"""Find out outcomes: prompt and remind people, run resolvers on sources, make proposals.

Entry points: `deadline_sweep`, `clock`, `errors`, and those of the sub-packages.
"""
