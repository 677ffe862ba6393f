"""Languages with a known entropy, from a grammar in which every choice is written down the moment it is made.

A grammar file holds lists, `name: word word …` (commonest first), and rules, `name = part part …`. The parts of a rule:
`word` stands for itself; `{name}` draws a word of that list and remembers it; `{name|a,b}` draws it by what a and b were;
`{=name}` writes it again; `( 2: x | 1: y )` takes x twice as often as y; `[60: x]` writes x in 60 % of cases; `<rule>` is that
rule; `⏎` ends a line. A list `his (he): her his` has the forms of `he`. `dialect: a=b` has the words of the minority.

No two ways on may begin with the same word, and no way depends on what was drawn. So a text has one derivation, found reading
forwards: the probability of each next word is exact, and so is the expected −ln p at each place of an endless text.
Probabilities are products of two whole numbers over 2**32, draws are raw integers of a bit generator: the same bytes everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

import numpy as np

ONE = 1 << 32
LOW = np.uint64(ONE - 1)
Law = Callable[[str, tuple[str, ...]], np.ndarray]  # (register, its keys) -> whole-number weights (values of key 1, …, words)


class Node:
    """A place in the text where the next word is open: ways (share, words, law, keys, register or None, next node)."""

    def __init__(self, *ways: tuple):
        self.ways = list(ways)


def shares(weights: np.ndarray, total: int = ONE) -> np.ndarray:
    """Whole-number shares of `total` along the last axis, in proportion to the weights (each below 2**32); the rest to the largest."""
    w = np.asarray(weights).astype(np.uint64)
    out = w * np.uint64(total) // w.sum(-1, keepdims=True)
    top = w.argmax(-1)[..., None]
    np.put_along_axis(out, top, np.take_along_axis(out, top, -1) + np.uint64(total) - out.sum(-1, keepdims=True), -1)
    return out


class Grammar:
    """words: the vocabulary as text. `sample` writes rows, `nll` reads them, `entropy` is exact.

    law says how a register is drawn. `minority`: the share of texts that open with "Hark ," and are told in the dialect.
    """

    def __init__(self, text: str, start: str, law: Law, minority: Fraction = Fraction(0)):
        self.lists, self._form, self._rules, self._swap = parse(text)
        self._law, self.drawn, self._tables = law, {}, {"": np.full((1, 1), ONE, np.uint64)}
        self.words = list(dict.fromkeys(w for line in self.lists.values() for w in line))
        self._id = {w: i for i, w in enumerate(self.words)}
        self.start = Node()
        plain = self._compile(f"<{start}>", self.start, {})
        if self._swap:  # compiled whatever its share, so that the vocabulary is the same
            plain = _either([(1 - minority, plain), (minority, self._compile(f"Hark , <{start}>", self.start, self._swap))])
        self.start.ways = plain.ways
        self.words = ["\n" if w == "⏎" else w for w in self.words]
        self.nodes = self._reachable()
        self._lay_out()

    # From rules to nodes, from the back: each part is given the node that follows it.

    def _compile(self, rule: str, after: Node, swap: dict[str, str]) -> Node:
        for part in reversed(_parts(rule)):
            after = self._part(part, after, swap)
        return after

    def _part(self, part: str, after: Node, swap: dict[str, str]) -> Node:
        if part[0] == "<":
            return self._compile(self._rules[part[1:-1]], after, swap)
        if part[0] == "[":
            percent, inner = part[1:-1].split(":", 1)
            share = Fraction(int(percent), 100)
            return _either([(share, self._compile(inner, after, swap)), (1 - share, after)])
        if part[0] == "(":
            options = [option.split(":", 1) for option in _parts(part[1:-1], "|")]
            whole = sum(int(w) for w, _ in options)
            return _either([(Fraction(int(w), whole), self._compile(inner, after, swap)) for w, inner in options])
        if part[0] != "{":
            return Node((Fraction(1), [self._number(swap.get(part, part))], "", (), None, after))
        name, _, by = part[1:-1].partition("|")
        again, name = name[0] == "=", name.lstrip("=")
        register, words = self._form.get(name, name), [self._number(w) for w in self.lists[name]]
        if again:
            self._tables[f"={register}"] = np.eye(len(words), dtype=np.uint64) * np.uint64(ONE)
            return Node((Fraction(1), words, f"={register}", (register,), None, after))
        keys = tuple(filter(None, by.split(",")))
        if register not in self.drawn:
            self.drawn[register], table = keys, shares(self._law(register, keys))
            self._tables[register] = table.reshape(-1, len(words))
        if self.drawn[register] != keys:
            raise ValueError(f"{{{name}}} is drawn by {keys} here and by {self.drawn[register]} elsewhere: allowed is one way")
        return Node((Fraction(1), words, register, keys, register, after))

    def _number(self, word: str) -> int:
        if word not in self._id:
            self._id[word] = len(self.words)
            self.words.append(word)
        return self._id[word]

    def _reachable(self) -> list[Node]:
        """Nodes in an order in which each comes before those that follow it within one text; the start first."""
        done, seen = [], {self.start}

        def visit(node: Node) -> None:
            for *_, after in node.ways:
                if after not in seen:
                    seen.add(after)
                    visit(after)
            done.append(node)

        visit(self.start)
        return done[::-1]

    def _size(self, register: str) -> int:
        return self._tables[register].shape[1]

    # From nodes to tables: an edge for each way on, a stretch of probabilities for each row of each law.

    def _lay_out(self) -> None:
        names, ways = list(self._tables), [(n, *way) for n, node in enumerate(self.nodes) for way in node.ways]
        first_row = dict(zip(names, np.cumsum([0] + [len(self._tables[n]) for n in names])))
        number = {node: n for n, node in enumerate(self.nodes)}
        slot = {register: i + 1 for i, register in enumerate(self.drawn)}  # of the memory; 0: nothing is remembered
        column = lambda get: np.array([get(*way) for way in ways], dtype=np.int64)  # noqa: E731
        self._next = column(lambda n, s, words, law, keys, writes, after: number[after])
        self._writes = column(lambda n, s, words, law, keys, writes, after: slot.get(writes, 0))
        self._row = column(lambda n, s, words, law, keys, writes, after: first_row[law])
        self._key = column(lambda n, s, words, law, keys, writes, after: [slot[k] for k in keys] + [0] * (2 - len(keys))).T
        self._stride = column(
            lambda n, s, words, law, keys, writes, after: [int(np.prod([self._size(k) for k in keys[i + 1 :]])) for i in (0, 1)]
        ).T * (self._key > 0)
        counts = [shares(np.array([way[0] * ONE for way in node.ways], dtype=np.uint64)) for node in self.nodes]
        self._edge_count = np.concatenate(counts)
        self._edge_until = np.cumsum(self._edge_count)  # a node's shares add up to 2**32, so node n ends at (n + 1) << 32
        entries = np.concatenate([self._tables[n].ravel() for n in names])
        width = np.concatenate([np.full(len(self._tables[n]), self._tables[n].shape[1]) for n in names])
        self._first, self._until = (
            np.cumsum(width) - width,
            np.cumsum(entries),
        )  # of a row: its first entry; row r ends at (r + 1) << 32
        with np.errstate(divide="ignore"):
            self._edge_nll, self._entry_nll = (-np.log(c.astype(np.float64) / ONE) for c in (self._edge_count, entries))
        self._spelled = np.zeros((len(ways), max(len(way[2]) for way in ways)), np.uint16)  # (edge, place in its list) -> word
        self._place = np.zeros((len(ways), len(self.words)), np.int16)  # and back
        self._by_word = np.full((len(self.nodes), len(self.words)), -1, np.int16)  # (node, word) -> edge
        for edge, (n, _, words, *_) in enumerate(ways):
            taken = [w for w in words if self._by_word[n, w] >= 0]
            if taken or len(set(words)) < len(words):
                raise ValueError(f"grammar: two ways on begin with {self.words[(taken or words)[0]]!r}; allowed is one")
            self._spelled[edge, : len(words)], self._place[edge, words], self._by_word[n, words] = (
                words,
                np.arange(len(words)),
                edge,
            )

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
            words[:, t], nll[:, t] = self._spelled[edge, place], self._edge_nll[edge] + self._entry_nll[entry]
            memory[every, self._writes[edge]] = place
            node = self._next[edge]
        return words, nll

    def sample(self, rows: int, length: int, key: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """(words, nats) of `rows` endless texts, (rows, length) each, cut at `length`; from Philox's raw stream of that key."""
        draws = np.random.Philox(key=np.array(key, np.uint64)).random_raw(rows * length).reshape(length, rows)
        at = lambda where: where.astype(np.uint64) << np.uint64(32)  # noqa: E731

        def draw(t: int, node: np.ndarray, row: Callable):
            edge = np.searchsorted(self._edge_until, at(node) + (draws[t] >> np.uint64(32)), side="right")
            found = row(edge)
            entry = np.searchsorted(self._until, at(found) + (draws[t] & LOW), side="right")
            return edge, entry - self._first[found], entry

        return self._walk(rows, length, draw)

    def nll(self, words: np.ndarray) -> np.ndarray:
        """(R, T) words -> (R, T) nats: the exact −ln p of each given those before it. ValueError where no text goes on so."""

        def find(t: int, node: np.ndarray, row: Callable):
            edge = self._by_word[node, words[:, t]].astype(np.int64)
            place = self._place[edge, words[:, t]].astype(np.int64)
            entry = self._first[row(edge)] + place
            wrong = (edge < 0) | ~np.isfinite(self._entry_nll[entry] + self._edge_nll[edge])
            if wrong.any():
                text = int(np.argmax(wrong))
                raise ValueError(f"row {text}, word {t}: no text of this grammar goes on with {self.words[words[text, t]]!r}")
            return edge, place, entry

        return self._walk(len(words), words.shape[1], find)[1]

    # The truth, exact because no way depends on a draw, and a register is drawn by the same keys wherever it is drawn.

    def entropy(self, length: int) -> np.ndarray:
        """(length,) nats: the expected −ln p of each word of an endless text, the chance of each node times its entropy."""
        p = self._edge_count / ONE
        with np.errstate(invalid="ignore"):
            row_nats = np.add.reduceat(np.nan_to_num(np.exp(-self._entry_nll) * self._entry_nll), self._first)
            nats = np.nan_to_num(p * self._edge_nll)
        move, here, edge = np.zeros((len(self.nodes), len(self.nodes))), np.zeros(len(self.nodes)), 0
        for n, node in enumerate(self.nodes):
            for _, _, _, keys, *_ in node.ways:
                chance = self._joint(keys).ravel()
                here[n] += nats[edge] + p[edge] * (chance @ row_nats[self._row[edge] : self._row[edge] + len(chance)])
                move[n, self._next[edge]] += p[edge]
                edge += 1
        passed, out = np.eye(len(self.nodes))[0], np.empty(length)
        for t in range(length):
            out[t], passed = passed @ here, passed @ move
        return out

    def _joint(self, keys: tuple[str, ...]) -> np.ndarray:
        """P(keys), axes in their order: the laws of the keys and of all they were drawn by, multiplied and summed out."""
        needed = list(keys)
        for name in needed:
            needed += [k for k in self.drawn[name] if k not in needed]
        operands = []
        for name in needed:
            shape = [self._size(k) for k in self.drawn[name]] + [self._size(name)]
            operands += [self._tables[name].reshape(shape) / ONE, [needed.index(k) for k in (*self.drawn[name], name)]]
        return np.einsum(*operands, list(range(len(keys))), optimize=True) if keys else np.ones(1)


def _either(options: list[tuple[Fraction, Node]]) -> Node:
    """One node for several ways on; what is never taken is left out."""
    return Node(*((share * way[0], *way[1:]) for share, node in options for way in node.ways if share))


def parse(text: str) -> tuple[dict[str, list[str]], dict[str, str], dict[str, str], dict[str, str]]:
    """(lists, forms, rules, words of the dialect) of a grammar file."""
    lists, forms, rules, swap = {}, {}, {}, {}
    for line in text.splitlines():
        if match := re.match(r"(\w+)(?: \((\w+)\))?: (.*)", line):
            name, form, body = match.groups()
            if name == "dialect":
                swap = dict(pair.split("=") for pair in body.split())
            else:
                lists[name] = lists[body[1:]] if body[0] == "=" else body.split()
                forms |= {name: form} if form else {}
        elif match := re.match(r"(\w+) = (.*)", line):
            rules[match[1]] = match[2]
    return lists, forms, rules, swap


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
