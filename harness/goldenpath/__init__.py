"""The test harness that tells the truth about tool dispatchers, agents, routers, endpoints."""

from pathlib import Path as _Path

from goldenpath.declare import agent, context, dispatcher, registry, router, transport

__all__ = ["agent", "context", "dispatcher", "registry", "router", "transport"]

# In a checkout the suites stand beside the source root; a wheel holds them in this package.
if not (_Path(__file__).parent / "suites").is_dir():
    __path__.append(str(_Path(__file__).parents[2]))
