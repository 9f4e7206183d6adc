"""Prompts: what people are asked to resolve, with the proposals that lie beside each."""
