"""The suites: what goldenpath checks, as pytest shows it. There is no logic here."""
