"""The demo: six simulated carriers, customers and routes to them, calls all the time, and a call shown as a timeline.

`serve --demo` starts the carriers (`carriers`), creates the objects (`prepare`, of `table`), places a call (`calling`),
prints it (`screen`), reports the calls of the hour before (`past`) and starts the callers (`traffic`);
`callers` says who calls whom. `dialplane call` places and prints a call too.
"""
