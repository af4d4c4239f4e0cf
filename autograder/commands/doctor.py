"""`autograder doctor`: what isolation this machine gives."""

from __future__ import annotations

import typer


def run() -> None:
    """Tell what isolation this machine gives to student code, and what is missing; exit 1 where something is."""
    from autograder.sandbox.doctor import examine

    findings = examine()
    for finding in findings:
        print(f"{'ok ' if finding.good else 'NO '} {finding.text}")
    raise typer.Exit(not all(finding.good for finding in findings))
