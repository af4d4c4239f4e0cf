"""A class over a term: roster, dates, hand-ins, marks, what goes back and what leaves. One noun a module."""

from autograder import patches

# Before any module of nbgrader's is imported, whichever is first: it takes longer than most commands do their work.
patches.skip_international_addresses()
