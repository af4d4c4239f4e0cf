"""Lesson 15, machine translation: clipped n-gram precision, brevity penalty, BLEU of a corpus, beam search with length normalisation."""

EXERCISES = ("clipped_matches", "brevity_penalty", "bleu", "beam_search")
USES: tuple[str, ...] = ()
SWAPS = EXERCISES
ITEMS = 4
