"""What serves the book alone: figures, figures to step through, and the models of the gallery."""
