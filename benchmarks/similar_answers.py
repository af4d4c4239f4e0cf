"""`autograder similar` beside copydetect: the same answers, the same disguised copies. `python -m benchmarks.similar_answers` stores the result.

For every graded function with at least four independent answers that are long enough, both measure all pairs of these, and each
answer beside copies of it: with other names, comments and layout, and with operands, loops and statements changed as well. A measure
is useful where copies lie above every independent pair. copydetect (winnowing over normalised text) runs with its default lengths
and with half of them, since answers are short.
"""

from __future__ import annotations

import ast
import io
import itertools
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from copydetect import utils
from copydetect.detector import CodeFingerprint, compare_files

from autograder.classroom import similar
from autograder.classroom.identify import contract
from autograder.lessons import lessons

ROOT = Path(__file__).parents[1]
RESULT = Path(__file__).parent / "results" / "similar_answers.json"
SETTINGS = {"copydetect": (25, 6), "copydetect, half the lengths": (12, 3)}
Measure = Callable[[str, str], float]


class _Rewritten(ast.NodeTransformer):
    """Operands of sums and products change places, and loops count from 0 in words."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Add | ast.Mult) and self._draw.random() < 0.5:
            node.left, node.right = node.right, node.left
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "range" and len(node.args) == 1:
            node.args.insert(0, ast.Constant(0))
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, ast.parse("ready = False").body[0])
        return node


def disguised(source: str, draw: random.Random, *, rewritten: bool) -> str:
    """A copy with other names, comments, docstring and layout; rewritten: with its statements changed, too."""
    tree = ast.parse(source)
    if rewritten:
        tree = ast.fix_missing_locations(_Rewritten(draw).visit(tree))
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    names = {name: f"my_{name[::-1]}{draw.randrange(10)}" for name in sorted(bound)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
        elif isinstance(node, ast.arg):
            node.arg, node.annotation = names.get(node.arg, node.arg), None
        elif isinstance(node, ast.FunctionDef):
            node.body.insert(0, ast.Expr(ast.Constant(f"All mine, {draw.random()}.")))
    lines = ast.unparse(ast.fix_missing_locations(tree)).splitlines()
    return "\n".join(f"{line}  # step {i}" if draw.random() < 0.5 else f"{line}\n" for i, line in enumerate(lines))


def ours(release: str) -> Measure:
    """Our share of common runs."""

    def measure(one: str, two: str) -> float:
        first, second = (similar.answer("", source, release) for source in (one, two))
        return similar.share(first.runs, second.runs)

    return measure


def theirs(release: str, k: int, window: int) -> Measure:
    """copydetect's larger similarity, the release left out as its boilerplate."""
    filtered = utils.filter_code(release, "release.py", "python")[0]
    known = np.unique([*utils.get_document_fingerprints(filtered, k, 1, [])[0]]) if len(filtered) > k else []

    def measure(one: str, two: str) -> float:
        marks = [
            CodeFingerprint("a.py", k, window, known, language="python", fp=io.StringIO(text)) for text in (one, two)
        ]
        if not all(len(mark.hashes) for mark in marks):
            return 0.0
        return float(max(compare_files(*marks)[1]))

    return measure


def compare(sources: list[str], measure: Measure) -> dict[str, list[float]]:
    """The measure on independent pairs, and on each answer beside its copies."""
    draw = random.Random(5)
    found = {"independent": [measure(*pair) for pair in itertools.combinations(sources, 2)]}
    for name, rewritten in (("renamed", False), ("rewritten", True)):
        found[name] = [measure(text, disguised(text, draw, rewritten=rewritten)) for text in sources for _ in range(3)]
    return found


def verdict(found: dict[str, list[float]]) -> dict[str, Any]:
    """How many copies lie above every independent pair, and how alike independent answers are at most."""
    highest = max(found["independent"])
    told = {name: [sum(v > highest for v in found[name]), len(found[name])] for name in ("renamed", "rewritten")}
    return {"most_alike_independent": round(highest, 3), "copies_above_it": told}


def main() -> None:
    """Compare, print and store."""
    functions: dict[str, Any] = {}
    for lesson in sorted(lessons()):
        path = ROOT / "exercises" / lesson / f"{lesson}.ipynb"
        releases = dict(contract(lesson, path).answers)
        for name, answers in sorted(similar.independent(lesson, releases).items()):
            sources = [answer.source for answer in answers]
            if len(sources) < 4:
                continue
            measures = {"ours": ours(releases.get(name, ""))}
            measures |= {title: theirs(releases.get(name, ""), *given) for title, given in SETTINGS.items()}
            functions[f"{lesson} {name}"] = {t: verdict(compare(sources, m)) for t, m in measures.items()}
    totals = {
        title: {
            kind: [int(n) for n in np.sum([f[title]["copies_above_it"][kind] for f in functions.values()], axis=0)]
            for kind in ("renamed", "rewritten")
        }
        for title in ("ours", *SETTINGS)
    }
    for title, found in totals.items():
        print(f"{title:30} " + "   ".join(f"{kind} {n} of {of}" for kind, (n, of) in found.items()))
    RESULT.write_text(
        json.dumps({"copies_above_every_independent_pair": totals, "functions": functions}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
