"""What all resources share: declaring endpoints, reading requests, writing responses and errors."""
