"""Routes: which providers carry which destinations, for which customer, in which order."""
