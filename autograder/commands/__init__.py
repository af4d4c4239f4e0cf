"""The verbs of the `autograder` command, one module each; each imports what it needs when it runs."""
