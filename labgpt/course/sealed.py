"""What nobody can look up: a model drawn from the learner's name and trained when graded, numbers drawn from a class's secret."""
import ast
import hashlib
import hmac
import re
import tempfile
from collections.abc import Sequence
from functools import lru_cache


def draw(name: str, choices: Sequence):
    """One of the choices, fixed by the name (case and outer blanks do not matter).

    Raises ValueError where there is nothing to choose from.
    """
    if not choices:
        raise ValueError("choices = []: allowed is one value or more")
    digest = hashlib.sha256(str(name).strip().casefold().encode()).digest()
    return choices[int.from_bytes(digest[:8], "big") % len(choices)]


class Drawn:
    """Numbers of one exercise that a secret fixes: the same secret and label give the same number, on every machine.

    The public edition's secret is empty, so anybody can work its numbers out; a class's is its teacher's. In a hidden check
    this is `drawn`; in an unmarked cell a line `name = drawn.integer("label", 10, 99)` becomes `name = 42` when it is built.
    """

    def __init__(self, secret: bytes, exercise: str):
        self._secret, self._exercise = secret, exercise

    def integer(self, label: str, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + self._raw(label) % (high - low + 1)

    def number(self, label: str, low: float, high: float) -> float:
        """A number from low to high, of four digits."""
        return float(f"{low + (high - low) * self._raw(label) / 2**64:.4g}")

    def choice(self, label: str, choices: Sequence):
        """One of the choices."""
        return choices[self._raw(label) % len(choices)]

    def filled(self, source: str) -> str:
        """A cell's source with its `name = drawn.…(literals)` lines drawn. Raises ValueError for a line that is none."""
        def draw_one(line: re.Match) -> str:
            name, kind, arguments, comment = line.groups("")
            try:
                return f"{name} = {getattr(self, kind)(*ast.literal_eval(f'({arguments},)'))!r}{comment}"
            except (SyntaxError, TypeError, ValueError, ArithmeticError) as error:
                raise ValueError(f"{line[0]!r}: {error}; allowed is drawn.integer, number or choice of a label and literals") from None

        return re.sub(r"^(\w+) = drawn\.(integer|number|choice)\((.*)\)( *#.*)?$", draw_one, source, flags=re.M)

    def _raw(self, label: str) -> int:
        return int.from_bytes(hmac.digest(self._secret, f"{self._exercise}/{label}".encode(), "sha256")[:8], "big")


@lru_cache(maxsize=64)
def measure(d_model: int, tokens: int, seed: int = 7) -> float:
    """Train `derive(d_model)` on zipf-markov for `tokens` tokens in this process; its validation loss, nats a token.

    Takes seconds at the sizes asked for. The run is kept in memory only: a store could be written to beforehand.
    """
    import torch

    from labgpt.spec import derive
    from labgpt.train import run

    threads = torch.get_num_threads()
    try:
        with tempfile.TemporaryDirectory(prefix="labgpt-sealed-") as store:
            return run(derive(d_model, budgets=(tokens,), seed=seed), store).finished_rows()[-1]["val_loss"]
    finally:
        torch.set_num_threads(threads)
