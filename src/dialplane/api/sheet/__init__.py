"""Routes as rows of a spreadsheet: out as CSV, and in again, as one revision that is looked at first."""
