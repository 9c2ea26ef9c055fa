"""Stand-ins for the services we talk to. Each keeps the real one's interface and rules."""
