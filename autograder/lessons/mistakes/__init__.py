"""The known mistakes of every lesson: a wrong function, and the sentence that a learner reads. Never in a student's sandbox."""
