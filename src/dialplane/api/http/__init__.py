"""Requests and answers: what every resource's folder is made of."""
