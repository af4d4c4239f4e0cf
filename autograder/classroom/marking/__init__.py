"""Marking written answers in a web page on this machine: one question, all answers, points by keyboard."""
