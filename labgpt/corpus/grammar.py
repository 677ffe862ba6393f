"""Languages with a known entropy, from a grammar in which every choice is written down the moment it is made.

A grammar file holds lists, `name: word word …` (commonest first), and rules, `name = part part …`. The parts of a rule:
`word` stands for itself; `{name}` draws a word of that list and remembers it; `{name|a,b}` draws it by what a and b were;
`{=name}` writes it again; `( 2: x | 1: y )` takes x twice as often as y; `[60: x]` writes x in 60 % of cases; `<rule>` is that
rule; `⏎` ends a line. A list `his (he): her his` has the forms of `he`. `dialect: a=b` has the words of the minority.

No two ways on may begin with the same word, and no way depends on what was drawn. So a text has one derivation, found reading
forwards: the probability of each next word is exact, and so is the expected −ln p at each place of an endless text.
Probabilities are products of two whole numbers over 2**32, draws are raw integers of a bit generator: the same bytes everywhere.
"""

import re
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import numpy as np

ONE, HIGH, LOW = 1 << 32, np.uint64(32), np.uint64((1 << 32) - 1)
Law = Callable[[str, tuple[str, ...]], np.ndarray]  # (register, its keys) -> whole-number weights (values of key 1, …, words)


class Way(NamedTuple):
    """A way on from a node: in `share` of cases one of `words`, by the row of table `law` that `keys` choose; then node `after`."""

    share: Fraction
    words: list[int]
    law: str
    keys: tuple[str, ...]
    writes: str | None  # the register that remembers which it was
    after: int


def shares(weights: np.ndarray | list[int], whole: int = ONE) -> np.ndarray:
    """Whole-number shares of `whole` along the last axis, in proportion to weights below 2**32; what is left goes to the largest."""
    w = np.asarray(weights).astype(np.uint64)
    out = w * np.uint64(whole) // w.sum(-1, keepdims=True)
    top = w.argmax(-1)[..., None]
    np.put_along_axis(out, top, np.take_along_axis(out, top, -1) + np.uint64(whole) - out.sum(-1, keepdims=True), -1)
    return out


class Grammar:
    """words: the vocabulary as text. `sample` writes rows, `nll` reads them, `entropy` is exact.

    law: how a register is drawn. minority: the share of texts that open with "Hark ," and are told in the dialect.
    nodes: the ways on from each; a text begins at node 0, is through when it is there again, and each other node's ways lead to
    nodes of smaller number, for rules are compiled from the back.
    """

    def __init__(self, text: str, start: str, law: Law, minority: Fraction = Fraction(0)):
        self.lists, self._form, self._rules = parse(text)
        swap = dict(pair.split("=") for pair in self.lists.pop("dialect", []))
        self._law, self.drawn, self.tables = law, {}, {"": np.full((1, 1), ONE, np.uint64)}
        self._number = {w: i for i, w in enumerate(dict.fromkeys(w for line in self.lists.values() for w in line))}
        self.nodes: list[list[Way]] = [[]]
        plain = self._compile(f"<{start}>", 0, {})
        if swap:  # compiled whatever its share, so that the vocabulary is the same
            plain = self._either([(1 - minority, plain), (minority, self._compile(f"Hark , <{start}>", 0, swap))])
        self.nodes[0] = self.nodes[plain]
        self.words = ["\n" if w == "⏎" else w for w in self._number]
        self._lay_out()

    # From rules to nodes: each part is given the node that follows it, and gives the node that it is.

    def _compile(self, rule: str, after: int, swap: dict[str, str]) -> int:
        for part in reversed(_parts(rule)):
            after = self._part(part, after, swap)
        return after

    def _part(self, part: str, after: int, swap: dict[str, str]) -> int:
        if part[0] == "<":
            return self._compile(self._rules[part[1:-1]], after, swap)
        if part[0] == "[":
            percent, inner = part[1:-1].split(":", 1)
            share = Fraction(int(percent), 100)
            return self._either([(share, self._compile(inner, after, swap)), (1 - share, after)])
        if part[0] == "(":
            options = [option.split(":", 1) for option in _parts(part[1:-1], "|")]
            whole = sum(int(w) for w, _ in options)
            return self._either([(Fraction(int(w), whole), self._compile(inner, after, swap)) for w, inner in options])
        if part[0] != "{":
            return self._node([Way(Fraction(1), self._numbers([swap.get(part, part)]), "", (), None, after)])
        name, _, by = part[1:-1].partition("|")
        again, name = name[0] == "=", name.lstrip("=")
        register, words = self._form.get(name, name), self._numbers(self.lists[name])
        if again:
            self.tables[f"={register}"] = np.eye(len(words), dtype=np.uint64) * np.uint64(ONE)
            return self._node([Way(Fraction(1), words, f"={register}", (register,), None, after)])
        keys = tuple(filter(None, by.split(",")))
        if register not in self.drawn:
            self.drawn[register], self.tables[register] = keys, shares(self._law(register, keys)).reshape(-1, len(words))
        if self.drawn[register] != keys:
            raise ValueError(f"{{{name}}} is drawn by {keys} here and by {self.drawn[register]} elsewhere: allowed is one way")
        return self._node([Way(Fraction(1), words, register, keys, register, after)])

    def _node(self, ways: list[Way]) -> int:
        self.nodes.append(ways)
        return len(self.nodes) - 1

    def _either(self, options: list[tuple[Fraction, int]]) -> int:
        return self._node([way._replace(share=share * way.share) for share, node in options if share for way in self.nodes[node]])

    def _numbers(self, words: list[str]) -> list[int]:
        return [self._number.setdefault(word, len(self._number)) for word in words]

    def _size(self, register: str) -> int:
        return self.tables[register].shape[1]

    # From nodes to tables: an edge for each way on, a stretch of probabilities for each row of each law.

    def _lay_out(self) -> None:
        edges = [(n, way) for n, ways in enumerate(self.nodes) for way in ways]
        first_row = dict(zip(self.tables, np.cumsum([0, *map(len, self.tables.values())])))
        slot = {register: i + 1 for i, register in enumerate(self.drawn)}  # of the memory; 0: nothing is remembered
        self._next = np.array([way.after for _, way in edges])
        self._writes = np.array([slot.get(way.writes, 0) for _, way in edges])
        self._row = np.array([first_row[way.law] for _, way in edges])
        self._key = np.array([[*(slot[k] for k in way.keys), 0, 0][:2] for _, way in edges]).T
        self._stride = np.array([[self._size(way.keys[1]) if len(way.keys) == 2 else 1, 1] for _, way in edges]).T
        self._share = np.concatenate([shares(np.array([way.share * ONE for way in ways], dtype=np.uint64)) for ways in self.nodes])
        self._share_until = np.cumsum(self._share)  # a node's shares add up to 2**32, so node n ends at (n + 1) << 32
        counts = np.concatenate([table.ravel() for table in self.tables.values()])
        width = np.concatenate([np.full(*table.shape) for table in self.tables.values()])
        self._first, self._until = np.cumsum(width) - width, np.cumsum(counts)  # a row's first entry; row r ends at (r + 1) << 32
        with np.errstate(divide="ignore"):
            self._share_nll, self._nll = -np.log(self._share / ONE), -np.log(counts / ONE)
        self._spelled = np.zeros((len(edges), max(len(way.words) for _, way in edges)), np.uint16)  # (edge, place in list) -> word
        self._place = np.zeros((len(edges), len(self.words)), np.int16)  # and back
        self._by_word = np.full((len(self.nodes), len(self.words)), -1, np.int16)  # (node, word) -> edge
        for edge, (n, way) in enumerate(edges):
            for place, word in enumerate(way.words):
                if self._by_word[n, word] >= 0:
                    raise ValueError(f"grammar: two ways on begin with {self.words[word]!r}; allowed is one")
                self._spelled[edge, place], self._place[edge, word], self._by_word[n, word] = word, place, edge

    # Writing and reading are one walk: the next edge and word are drawn, or found by the word that is there.

    def _walk(self, texts: int, length: int, choose: Callable) -> tuple[np.ndarray, np.ndarray]:
        node, every = np.zeros(texts, np.int64), np.arange(texts)
        memory = np.zeros((texts, len(self.drawn) + 1), np.int64)
        words, nll = np.empty((texts, length), np.uint16), np.empty((texts, length))

        def row(edge: np.ndarray) -> np.ndarray:
            (a, b), (first, second) = self._key[:, edge], self._stride[:, edge]
            return self._row[edge] + memory[every, a] * first + memory[every, b] * second

        for t in range(length):
            edge, place, entry = choose(t, node, row)
            words[:, t], nll[:, t] = self._spelled[edge, place], self._share_nll[edge] + self._nll[entry]
            memory[every, self._writes[edge]] = place * (self._writes[edge] > 0)
            node = self._next[edge]
        return words, nll

    def sample(self, rows: int, length: int, key: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """(words, nats) of `rows` endless texts, (rows, length) each, cut at `length`; from Philox's raw stream of that key."""
        draws = np.random.Philox(key=np.array(key, np.uint64)).random_raw(rows * length).reshape(length, rows)

        def draw(t: int, node: np.ndarray, row: Callable):
            edge = np.searchsorted(self._share_until, (node.astype(np.uint64) << HIGH) + (draws[t] >> HIGH), side="right")
            found = row(edge)
            entry = np.searchsorted(self._until, (found.astype(np.uint64) << HIGH) + (draws[t] & LOW), side="right")
            return edge, entry - self._first[found], entry

        return self._walk(rows, length, draw)

    def nll(self, words: np.ndarray) -> np.ndarray:
        """(R, T) words -> (R, T) nats: the exact −ln p of each given those before it. ValueError where no text goes on so."""

        def find(t: int, node: np.ndarray, row: Callable):
            edge = self._by_word[node, words[:, t]].astype(np.int64)
            place = self._place[edge, words[:, t]].astype(np.int64)
            entry = self._first[row(edge)] + place
            wrong = (edge < 0) | ~np.isfinite(self._nll[entry])
            if wrong.any():
                text = int(np.argmax(wrong))
                raise ValueError(f"row {text}, word {t}: no text of this grammar goes on with {self.words[words[text, t]]!r}")
            return edge, place, entry

        return self._walk(len(words), words.shape[1], find)[1]

    def truth(self, length: int) -> dict[str, Callable]:
        """What a corpus of rows of that length knows about itself: its fields bayes_nll, sample and expected."""
        return {
            "bayes_nll": lambda rows: self.nll(rows)[:, 1:],
            "sample": lambda rows, key: self.sample(rows, length, (4, key))[0],
            "expected": lambda: self.entropy(length)[1:],
        }

    def entropy(self, length: int) -> np.ndarray:
        """(length,) nats: the expected −ln p of each word of an endless text, the chance of each node times its entropy.

        Exact because no way depends on a draw, and a register is drawn by the same keys wherever it is drawn.
        """
        weigh = lambda nll: np.exp(-nll) * np.where(np.isfinite(nll), nll, 0.0)  # noqa: E731
        of_row, edge = np.add.reduceat(weigh(self._nll), self._first), 0
        move, nats = np.zeros((len(self.nodes), len(self.nodes))), np.zeros(len(self.nodes))
        for n, ways in enumerate(self.nodes):
            for way in ways:
                p, chance = self._share[edge] / ONE, self._joint(way.keys).ravel()
                nats[n] += weigh(self._share_nll[edge]) + p * (chance @ of_row[self._row[edge] : self._row[edge] + len(chance)])
                move[n, way.after] += p
                edge += 1
        at, out = np.eye(len(self.nodes))[0], np.empty(length)
        for t in range(length):
            out[t], at = at @ nats, at @ move
        return out

    def _joint(self, keys: tuple[str, ...]) -> np.ndarray:
        """P(keys), axes in their order: the laws of the keys and of all they were drawn by, multiplied and summed out."""
        needed, operands = list(keys), []
        for name in needed:
            needed += [k for k in self.drawn[name] if k not in needed]
        for name in needed:
            axes = (*self.drawn[name], name)
            operands += [self.tables[name].reshape([self._size(k) for k in axes]) / ONE, [needed.index(k) for k in axes]]
        return np.einsum(*operands, list(range(len(keys))), optimize=True) if keys else np.ones(1)


def parse(text: str) -> tuple[dict[str, list[str]], dict[str, str], dict[str, str]]:
    """(lists, forms, rules) of a grammar file."""
    lists, forms, rules = {}, {}, {}
    for line in text.splitlines():
        if match := re.match(r"(\w+)(?: \((\w+)\))?: (.*)", line):
            name, form, body = match.groups()
            lists[name] = lists[body[1:]] if body[0] == "=" else body.split()
            forms |= {name: form} if form else {}
        elif match := re.match(r"(\w+) = (.*)", line):
            rules[match[1]] = match[2]
    return lists, forms, rules


def _parts(rule: str, cut: str = " ") -> list[str]:
    """The rule cut at blanks (or at `|`) that stand outside of all brackets."""
    parts, depth = [""], 0
    for letter in rule.strip():
        depth += (letter in "([{<") - (letter in ")]}>")
        if letter == cut and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]
