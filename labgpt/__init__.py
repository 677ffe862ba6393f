"""labgpt: a lab for scaling language models. Importing it does nothing; each room is imported where it is used."""

__version__ = "0.1.0"
