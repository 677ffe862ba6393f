"""The far end of kernel.py's pipe: runs cells and gives values where the submission runs. `python -m` it is not for people.

One JSON request a line, one JSON answer. Nothing here is a secret and nothing it says is believed: a submission can change
all of it, and then all it can do is send other values, which are judged elsewhere.
"""
import contextlib
import json
import os
import random
import sys


def main() -> None:
    # What cells print goes nowhere: the pipe is for answers, and endless output costs nobody memory.
    asks, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    _limit(*map(int, sys.argv[1:4]))
    shell = _shell()
    for line in asks:
        request = json.loads(line)
        answer = {"id": request["id"]}
        _seed()
        try:
            if "cell" in request:
                _run(shell, request["cell"])
            else:
                answer["value"] = value_of(shell.user_ns, request["name"], request["args"])
        except BaseException as error:  # noqa: BLE001  a submission may raise anything, SystemExit and worse
            answer["error"] = [type(error).__name__, _said(error)]
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _shell():
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    shell.showtraceback = shell.showsyntaxerror = lambda *_, **__: None  # making a coloured one takes long
    shell._tee = lambda channel: contextlib.nullcontext()  # IPython 9 would keep all that is printed, in memory
    return shell


def _run(shell, source: str) -> None:
    result = shell.run_cell(source, store_history=False)
    if not result.success:
        raise result.error_before_exec or result.error_in_exec


def value_of(names: dict, name: str, args: list) -> str:
    """The value of a name, or of calling it, as JSON."""
    value = names[name]
    value = value(*args) if callable(value) else value
    return json.dumps(value, default=lambda x: x.tolist())


def _seed() -> None:
    """The same draws each time, for whoever draws without a seed of their own."""
    import numpy

    random.seed(0)
    numpy.random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


def _said(error: BaseException) -> str:
    try:
        return str(error)[:1000].encode("utf-8", "replace").decode()
    except Exception:  # noqa: BLE001  its __str__ is the submission's too
        return ""


def _limit(seconds: int, memory: int, file: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: kernel.py's watch over time and memory is all there is
        return
    for name, most in {"CPU": seconds, "DATA": memory, "FSIZE": file, "NOFILE": 256, "CORE": 0}.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    main()
