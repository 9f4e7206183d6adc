"""Signed checkpoints of the ledger: a Merkle tree over its events, and notes that bind its root and the chain's head.

Entry points: `make.record_checkpoint`, `tree.inclusion_proof`, `tree.consistency_proof`, `check.checkpoint_errors`.
"""
