"""Bricks: files, clock, data folder, processes, addresses. Standard library only."""
