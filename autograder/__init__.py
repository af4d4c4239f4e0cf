"""The grader of the book: lessons, checks, engine and command."""
