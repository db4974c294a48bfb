"""`python -m goldenpath` is the command."""

from goldenpath.cli import main

main(prog_name="goldenpath")
