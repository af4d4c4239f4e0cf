"""Grades a class: nbgrader's own pipeline, with students' cells in sandboxes and many submissions at once."""

import sys

# jsonschema would build a parser for internationalised addresses, which costs every process half a second and checks
# nothing that a notebook has; without it that one format is not checked.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
