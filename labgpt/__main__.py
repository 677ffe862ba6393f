import sys

from labgpt.cli import main

sys.exit(main())
