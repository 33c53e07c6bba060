"""Shared by all resources: declaring endpoints, reading requests, writing responses and errors."""
