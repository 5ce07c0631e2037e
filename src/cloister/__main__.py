"""`python -m cloister` is `cloister`."""

from cloister.cli.main import main

main()
