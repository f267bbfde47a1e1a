"""The version, as text: ``importlib.metadata`` takes longer to import than a command may take to start."""

VERSION = "0.1.0"
