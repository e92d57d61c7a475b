"""`python -m fusionnas` is the command line."""

from fusionnas.cli import main

main()
