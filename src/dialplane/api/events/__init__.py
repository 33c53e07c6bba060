"""Events: what edges report of calls."""
