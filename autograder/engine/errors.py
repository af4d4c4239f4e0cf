"""What keeps a submission from being graded. None of it ever becomes a zero."""


class GradingError(RuntimeError):
    """The engine, a check or the course is at fault: the submission is set aside ungraded, with this reason."""
