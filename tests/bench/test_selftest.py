"""`labgpt test`: what it runs, in which order, and that it stops at the first failure."""
import pytest

from labgpt.bench import selftest


def flat(slow):
    return [" ".join(command) for command in selftest.commands(slow)]


def test_lint_comes_first_then_contracts_then_tests():
    first = flat(slow=False)[:3]
    assert ["ruff" in first[0], "importlinter" in first[1], first[2].endswith("-m not slow tests")] == [True] * 3


def test_slow_tests_are_asked_for():
    assert not any("not slow" in command for command in flat(slow=True))


def test_notebooks_are_checked_where_there_are_some(tmp_path, monkeypatch):
    monkeypatch.setattr(selftest, "ROOT", tmp_path)
    assert not any("nbval" in command for command in flat(slow=False))
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "00.ipynb").touch()
    assert flat(slow=False)[-1].endswith("notebooks") and "--nbval-current-env" in flat(slow=False)[-1]


def test_the_first_failure_ends_it_with_its_code(monkeypatch, capfd):
    three = [["-c", "print('one')"], ["-c", "exit(3)"], ["-c", "print('no')"]]
    monkeypatch.setattr(selftest, "commands", lambda slow: three)
    assert selftest.run() == 3
    out = capfd.readouterr().out
    assert "one" in out and "ended with 3" in out and "\nno\n" not in out


def test_a_copy_without_tests_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(selftest, "ROOT", tmp_path)
    with pytest.raises(ValueError, match="allowed is a folder; install with"):
        selftest.run()
