"""Edges: where calls are decided, and how far each is behind."""
