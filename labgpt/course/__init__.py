"""What stands around a lesson: tiers, the Lesson facade, working copies, exercises, grading, the environment report.

Nothing is imported until it is used: the bootstrap cell enters this package before its dependencies are installed.
"""


def __getattr__(name: str):
    if name == "Lesson":
        from labgpt.course.lesson import Lesson

        return Lesson
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
