"""The process around the resources: server, log, metrics, limits, and what goes round in the background."""
