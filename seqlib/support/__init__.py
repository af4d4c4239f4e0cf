"""What serves the lessons' modules: shared types, checks of arguments, and putting a learner's function in place."""
