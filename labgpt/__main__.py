import sys

from labgpt.cli import main

if __name__ == "__main__":  # processes that are spawned import this file again
    sys.exit(main())
