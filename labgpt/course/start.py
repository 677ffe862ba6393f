"""Working copies: `my/` holds cleared copies of the notebooks and exercises. What a learner edited is never overwritten."""
import json
from itertools import count
from pathlib import Path

from labgpt.course.packages import ROOT
from labgpt.record import read_json, sha256, write_atomic

_LIST = ".labgpt.json"  # in the folder: {file: sha256 as handed out}, which tells an edited copy from an untouched one


def start(dest: str | Path = "my", fresh: str | None = None) -> dict[str, str]:
    """Fill the folder; returns {file: what was done with it} and prints it.

    A copy that is as it was handed out is brought up to date; an edited one is left alone, unless `fresh` names it: then
    it is kept beside the new one as NAME.1.ipynb (the next free number).
    Raises ValueError where `fresh` names no notebook, there are none to copy, or the folder cannot be written.
    """
    dest, ours = Path(dest), originals()
    if not ours:
        raise ValueError("notebooks = none beside labgpt: allowed is a clone of the repository; `pip install -e .` from one")
    wanted = fresh if fresh is None or fresh.endswith(".ipynb") else f"{fresh}.ipynb"
    if wanted is not None and wanted not in ours:
        raise ValueError(f"fresh = {fresh!r}: allowed is {', '.join(n.removesuffix('.ipynb') for n in ours)}")
    try:
        handed = read_json(dest / _LIST)  # {} where nothing says what was handed out: then every copy counts as edited
        done = {name: _place(dest / name, source, handed, name == wanted) for name, source in ours.items()}
        write_atomic(dest / _LIST, json.dumps(handed, indent=1, sort_keys=True) + "\n")
    except OSError as error:
        raise ValueError(f"dest = {str(dest)!r}: {error.strerror}; allowed is a folder you can write; "
                         "try another with --dest") from None
    for name, what in done.items():
        print(f"{dest / name}: {what}")
    return done


def originals() -> dict[str, Path]:
    """{file name in the folder: file of the repository}: the lessons, and each exercise beside its lesson."""
    lessons = {p.name: p for p in (ROOT / "notebooks").glob("*.ipynb")}
    exercises = {f"{p.parent.name}_exercise.ipynb": p for p in (ROOT / "exercises").glob("*/student.ipynb")}
    return dict(sorted((lessons | exercises).items()))


def cleared(text: str) -> str:
    """A notebook's text without outputs, counts and widget state: it shows no results before the learner has any."""
    notebook = json.loads(text)
    notebook.get("metadata", {}).pop("widgets", None)
    for cell in notebook["cells"]:
        cell.get("metadata", {}).pop("execution", None)
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _place(copy: Path, source: Path, handed: dict[str, str], fresh: bool) -> str:
    """Write one copy where that loses nothing; says what was done. Notes its hash in `handed`."""
    new, backup = cleared(source.read_text(encoding="utf-8")), None
    if copy.exists():
        old = copy.read_bytes()
        if sha256(old) == sha256(new):
            handed[copy.name] = sha256(new)
            return "up to date"
        untouched = sha256(old) == handed.get(copy.name)
        if not untouched and not fresh:
            return f"yours, left as it is (`--fresh {copy.stem}` begins again and keeps yours)"
        if not untouched:
            backup = next(p for n in count(1) if not (p := copy.with_name(f"{copy.stem}.{n}.ipynb")).exists())
            copy.rename(backup)
    write_atomic(copy, new)
    handed[copy.name] = sha256(new)
    return f"new; yours is kept in {backup.name}" if backup else "new"
