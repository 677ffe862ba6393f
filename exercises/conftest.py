"""Student notebooks are blank: running one red is what it is for. tests/course runs the solutions made from their sources."""
collect_ignore_glob = ["*/student.ipynb"]
