"""`python -m autograder.lessons`: the lessons whose notebooks can be run here; on the other output, those that are left out and why."""

import sys

from autograder.lessons import left_out, lessons

print(*lessons(), sep="\n")
print(*left_out().values(), sep="\n", end="\n" if left_out() else "", file=sys.stderr)
