"""What a notebook talks to: the tier, this lesson's runs (trained here or replayed), its reference band, its time.

lesson = Lesson("01_model_size")
runs = lesson.run("sizes")          # a table: trained here in `micro`, replayed in `replay`
live = lesson.live("sizes", 0)      # one small model, trained here in every tier
lesson.inside_band(live)            # True: your machine gives what ours gave
"""

from functools import cached_property
from pathlib import Path

from labgpt import machine, sweep
from labgpt.spec import RunSpec
from labgpt.studies import lessons, reference
from labgpt.sweep.pool import START_S, pool_s

from .packages import ROOT
from .tiers import tier

BAND_SDS, BAND_FLOOR = 4.0, 0.003  # half-width: four standard deviations between seeds, at least 0.3 % of the loss
LIVE_TIER_GROUPS = ("text",)  # so small that every tier trains them


class Lesson:
    """A lesson's runs at the tier in force (variable LABGPT_TIER)."""

    def __init__(self, name: str, store: str | Path | None = None):
        # A notebook may be opened from notebooks/, my/ or anywhere: its runs go where the command line's go.
        self.name, self.store, self.tier = name, store or ROOT / "runs" / "store", tier()
        self.groups = lessons.groups(name, self.tier)

    @cached_property
    def reference(self):
        """The reference runs (three seeds), a pandas DataFrame: the run table's columns, timings, shapes and `group`."""
        import pandas as pd

        path = reference.path(self.name)
        if not path.exists():
            raise ValueError(f"{path.name}: no reference runs in data/reference; make them with `labgpt reference {self.name}`")
        return pd.read_csv(path)

    def seconds(self) -> float:
        """Predicted seconds that this lesson's training takes here, at this tier."""
        if self.tier == "replay":
            return START_S + 10
        together: dict[str, list[RunSpec]] = {}  # a notebook runs one group after another, a family at once
        for name, specs in self.groups.items():
            if name not in lessons.SHOWN.get(self.name, ()):
                together.setdefault(name.partition(":")[0], []).extend(specs)
        return sum(pool_s(specs, machine.cores()) for specs in together.values())

    def about(self) -> str:
        """One line: tier, this machine, how long the lesson's training takes here."""
        s = self.seconds()
        return (
            f"lesson {self.name[:2]} · tier {self.tier} · {machine.cores()} cores at {machine.speed():.1f}× the reference machine"
            f" · trains about {s / 60:.1f} min here (range {0.75 * s / 60:.1f}–{1.25 * s / 60:.1f})"
        )

    def run(self, group: str):
        """The group's table. `replay` shows the reference runs' first seed, other tiers train (once; then they are kept).

        "repeat" is the family of all groups "repeat:…", trained side by side; a column `knob` then holds what follows the colon.
        """
        import pandas as pd

        family = [name for name in self.groups if name.startswith(f"{group}:")]
        if family and group not in self.groups:
            if self.tier != "replay":
                sweep.run([spec for name in family for spec in self.groups[name]], self.store)
            return pd.concat([self.run(name).assign(knob=float(name.partition(":")[2])) for name in family], ignore_index=True)
        specs = self._specs(group)
        if self.tier == "replay" and group not in LIVE_TIER_GROUPS:
            rows = self.reference
            return rows[(rows["group"] == group) & (rows["seed"] == 0)].reset_index(drop=True)
        return sweep.run(specs, self.store).assign(group=group)

    def live(self, group: str, number: int = 0):
        """Train the group's model of that number here, as `micro` does in every tier; returns its table (one row a budget)."""
        self._specs(group)
        return sweep.run([lessons.groups(self.name)[group][number]], self.store).assign(group=group)

    def train(self, *specs: RunSpec):
        """Train specs of your own; returns their table."""
        return sweep.run(list(specs), self.store)

    def spent(self, *tables) -> tuple[float, float]:
        """(seconds, FLOPs) of the runs trained here that these tables hold, each run once, however many tables name it.

        A row says what its budget would have cost alone; the budgets of one run share a trunk, so only branches add up.
        """
        import pandas as pd

        rows, total = pd.concat(tables).drop_duplicates(["run_id", "tokens"]), {"seconds": 0.0, "flops": 0.0}
        for run_id, run in rows.groupby("run_id"):
            branch = RunSpec.read(Path(self.store) / run_id / "spec.json").science.schedule.cooldown
            for column in total:
                total[column] += (1 - branch) * float(run[column].max()) + branch * float(run[column].sum())
        return total["seconds"], total["flops"]

    def band(self, row) -> tuple[float, float]:
        """(low, high) of val_loss that the reference seeds allow for this group, width and budget."""
        rows = self.reference
        group = rows[rows["group"] == row["group"]]
        cells = group.groupby(["d_model", "tokens"])["val_loss"]
        if (int(row["d_model"]), int(row["tokens"])) not in cells.groups:
            raise ValueError(f"d_model = {row['d_model']}, tokens = {row['tokens']}: no reference runs; {self.tier} tier has no band there")
        centre = cells.get_group((int(row["d_model"]), int(row["tokens"]))).mean()
        sd = (cells.var().mean()) ** 0.5 if cells.size().min() > 1 else 0.0
        half = max(BAND_SDS * sd, BAND_FLOOR * centre)
        return float(centre - half), float(centre + half)

    def inside_band(self, table) -> bool:
        """Whether every row's loss lies in the reference band."""
        return all(low <= row["val_loss"] <= high for _, row in table.iterrows() for low, high in [self.band(row)])

    def _specs(self, group: str) -> list[RunSpec]:
        if group not in self.groups:
            raise ValueError(f"group = {group!r}: allowed is {', '.join(self.groups)}")
        return self.groups[group]
