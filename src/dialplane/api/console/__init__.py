"""What the web console says and knows beyond the API's answers: `python -m tools.generate_console` writes it there."""
