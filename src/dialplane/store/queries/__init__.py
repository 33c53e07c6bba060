"""The statements, one module per noun: a unit of work and plain arguments in, typed rows out."""
