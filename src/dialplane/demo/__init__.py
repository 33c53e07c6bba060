"""The demo: three simulated carriers, what routes calls to them, and a call shown as a timeline.

`serve --demo` uses, in this order: `carriers.load_state` and `carriers.command` (the child process), `prepare.prepare`,
`calling.wait_until_used`, `calling.place_call`, `calling.fetch_call`, `screen.print_timeline`, `screen.print_welcome`.
`dialplane call` uses the last but one three.
"""
