"""Trunks: the customers' ways in for calls."""
