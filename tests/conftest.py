"""What every test stands on: one thread a process, no network, small and repeatable random examples."""
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: two threads on tiny operations are slower than one

import socket  # noqa: E402

import hypothesis  # noqa: E402
import pytest  # noqa: E402

# Derandomized: CI is red for what changed, not for luck. No deadline: the machine is shared.
hypothesis.settings.register_profile("house", max_examples=30, deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("house")


def pytest_collection_modifyitems(config, items):
    """A test that is marked timed runs when it is asked for: elsewhere a busy machine would make it red."""
    if "timed" not in (config.option.markexpr or ""):
        for item in items:
            if item.get_closest_marker("timed"):
                item.add_marker(pytest.mark.skip(reason="a timing: `pytest -m timed tests` on a quiet machine"))


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Refuse connections from Python to other machines (files and loopback stay open: torchrun's store needs them)."""
    connect = socket.socket.connect

    def guarded(self, address):
        host = address[0] if isinstance(address, tuple) else "localhost"
        if host not in ("localhost", "127.0.0.1", "::1", "0.0.0.0", socket.gethostname()):
            raise OSError(f"tests run without a network; something connected to {host}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
