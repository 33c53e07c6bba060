"""Customers: who calls belong to; and `customer`, the caller's own."""
