"""The demo's switches and its account of calls. Only `serve --demo` has it."""
