"""Turn hedges ("seems unlikely") into low, best and high probabilities, by named lexicons; no database.

Entry points: `interpret.read_hedge`, `lexicon_files.get_lexicon`, `lexicon_files.lexicons`.
"""
