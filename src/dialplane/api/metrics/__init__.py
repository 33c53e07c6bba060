"""Prometheus metrics that the API process exports."""
