"""Everything that the platform itself can refuse or fail with.

One small tree, so that a caller can catch `PlatformError` for "the platform said no" and let
everything else be what it is. In particular there is no `ToolFailed`: the exception of a
failing tool reaches the caller as the tool raised it.
"""


class PlatformError(Exception):
    """The platform refused to do what was asked."""


class UnknownTool(PlatformError):
    """A call names a tool that this session does not have."""

    def __init__(self, name: object) -> None:
        """Remember the name that was asked for."""
        super().__init__(f"unknown tool: {name!r}")
        self.name = name


class DuplicateTool(PlatformError):
    """A tool is registered under a name that is already taken."""

    def __init__(self, name: str) -> None:
        """Remember the name that was taken."""
        super().__init__(f"a tool named {name!r} is already registered")
        self.name = name


class InvalidTool(PlatformError):
    """What was registered is not a tool."""


class FrozenRegistry(PlatformError):
    """A registry that was frozen is asked for a change."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("the registry is frozen: nothing can be registered or removed")


class InvalidParameters(PlatformError):
    """The parameters of a call are not an object with names as keys."""


class NotPermitted(PlatformError):
    """The user lacks the permission that the tool asks for."""

    def __init__(self, name: str) -> None:
        """Remember the tool that was refused."""
        super().__init__(f"permission denied: tool {name!r} is for admins only")
        self.name = name


class NotByFactory(PlatformError):
    """A class was called that only its factory may call."""

    def __init__(self, name: str) -> None:
        """Name the class."""
        super().__init__(f"{name} is made by its factory create_for_user only")


class TooManyDispatchers(PlatformError):
    """A user asks for more dispatchers than they may have at once."""

    def __init__(self, limit: int) -> None:
        """Say how many that are."""
        super().__init__(f"a user may have {limit} dispatchers at once: clean one up first")


class ToolTimedOut(PlatformError):
    """A tool took longer than any tool may, and was stopped."""

    def __init__(self, name: str, seconds: float) -> None:
        """Remember which tool, and how long it may take."""
        super().__init__(f"tool {name!r} was stopped after {seconds} seconds")
        self.name = name


class SessionClosed(PlatformError):
    """The session has been cleaned up: nothing can be asked of it any more."""

    def __init__(self) -> None:
        """Say so, without naming the session's owner."""
        super().__init__("the session is closed")


class AuthenticationError(PlatformError):
    """A login was refused; the message never holds the credential."""
