"""All that prepares Kamailio from outside: its configuration, its certificates, its command line."""
