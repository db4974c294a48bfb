"""What a dispatch costs: counted exactly in fresh processes, and held against a stored baseline."""
