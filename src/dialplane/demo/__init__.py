"""The demo: three simulated carriers, the objects that route calls to them, and a call shown as a timeline.

`serve --demo` starts the carriers (`carriers`), creates the objects (`prepare`), places a call (`calling`) and prints
it (`screen`, `timeline`). `dialplane call` places and prints one too.
"""
