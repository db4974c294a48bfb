"""Targets out of agent frameworks: one module each, which alone imports the framework."""
