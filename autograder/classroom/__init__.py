"""A class over a term: roster, dates, hand-ins, marks, what goes back and what leaves. One noun a module."""
