"""Sentences with words that sound alike (L6): a language model trained on them tells "pear" from "pair".

"The apple and pair salad" sounds like "The apple and pear salad", "Toad met Pit" rather like "Todd met Pete".
The training sentences hold each word among words of its kind; which of two readings is likelier can be
learnt.
"""

from __future__ import annotations

import numpy as np

from .dataset import SPLITS, Dataset, Example, check_sizes, distinct, pick, with_articles

# kinds of words; in each test pair a word is replaced by one that sounds like it
KINDS = {
    "food": "apple pear plum cherry orange bean carrot onion flour meat leek thyme".split(),
    "dish": "salad soup cake pie sauce".split(),
    "wear": "shoes socks gloves boots trousers".split(),
    "name": "Todd Pete Anna Mary Jack Rose Neil Jean Hugh Mark".split(),
    "met": "met called saw thanked".split(),
    "animal": "toad hare deer mare bear gull flea".split(),
    "colour": "blue red green white".split(),
    "hole": "pit cave well hole".split(),
    "jumped": "jumped ran crept fell".split(),
    "water": "sea river lake bay".split(),
    "garden": "flower tree bush leaf".split(),
    "time": "night week hour day".split(),
    "soldier": "knight king guard".split(),
    "wind": "blew howled rose".split(),
    "sky": "sun moon star".split(),
    "family": "son aunt uncle niece".split(),
}
SOUNDS_LIKE = {
    "pear": "pair",
    "flour": "flower",
    "meat": "meet",
    "leek": "leak",
    "thyme": "time",
    "pair": "pear",
    "Todd": "toad",
    "Pete": "pit",
    "Neil": "kneel",
    "Jean": "gene",
    "Hugh": "hue",
    "toad": "Todd",
    "pit": "Pete",
    "hare": "hair",
    "deer": "dear",
    "bear": "bare",
    "flea": "flee",
    "blue": "blew",
    "sea": "see",
    "flower": "flour",
    "night": "knight",
    "week": "weak",
    "hour": "our",
    "knight": "night",
    "blew": "blue",
    "sun": "son",
    "son": "sun",
    "aunt": "ant",
}
# words that have no kind of their own still need a place where they are right
TEMPLATES = [
    "the {food} and {food} {dish}",
    "a {food} {dish} with {food} and {food}",
    "{name} ate the {food} and {food} {dish}",
    "{name} cooked a {dish} with {food} and {food}",
    "a pair of {wear}",
    "{name} bought a pair of {colour} {wear}",
    "{name} {met} {name}",
    "{name} {met} {name} in the {time}",
    "{name} and {name} {met} {name}",
    "the {animal} {jumped} into the {hole}",
    "a {colour} {animal} {jumped} out of the {hole}",
    "the {colour} {garden} by the {water}",
    "a {garden} grows by the {water}",
    "the {soldier} came by {time}",
    "{name} stayed a {time} by the {water}",
    "the wind {wind} from the {water}",
    "the wind {wind} over the {colour} {garden} by the {water}",
    "{name} heard how the wind {wind} in the {time}",
    "{name} saw the {sky} over the {colour} {water}",
    "the {sky} rose over the {water}",
    "the {family} of the {soldier} {met} {name}",
    "my {family} {met} {name}",
    "the {sky} shone on the {garden}",
    "we {met} our {family}",
    "we see the {water}",
    "{name} has time to meet {name}",
    "dear {name} , we see you",
    "{name} has brown hair",
    "the roof had a leak",
    "{name} was weak and had to kneel",
    "a gene makes the hue of the eye",
    "the bare tree by the {water}",
    "they flee from the {animal}",
    "an ant ran over the {garden}",
]
LECTURE = [("the apple and pear salad", "the apple and pair salad"), ("Todd met Pete", "toad met pit")]


def _sentence(rng: np.random.Generator) -> tuple[list[str], str]:
    """A sentence and its template; a list of foods does not repeat one."""
    template = pick(rng, TEMPLATES)
    words: list[str] = []
    for part in template.split():
        choices = KINDS[part.strip("{}")] if part.startswith("{") else [part]
        fresh = [word for word in choices if word not in words]
        words.append(pick(rng, fresh or choices))
    return with_articles(" ".join(words)).split(), template


def homophone_sentences(seed: int = 1, train: int = 2500, valid: int = 200, test: int = 300) -> Dataset:
    """Training sentences (x are the words, y is None), and test pairs: x as written, y the same as misheard.

    A model passes a pair when it gives x more probability than y. The lecture's pairs are the first of test.
    Held out: no sentence of valid and test occurs in train.
    Raises ValueError or TypeError: a size that is not a whole number of at least 1.
    """
    check_sizes(train=train, valid=valid, test=test)
    rng = np.random.default_rng(seed)
    taken = {repr(text.split()) for pair in LECTURE for text in pair}

    def pair(rng: np.random.Generator) -> Example:
        while True:
            words, template = _sentence(rng)
            places = [t for t, word in enumerate(words) if word in SOUNDS_LIKE and f" {word} " not in template]
            if places:
                t = pick(rng, places)
                return Example(words, [*words[:t], SOUNDS_LIKE[words[t]], *words[t + 1 :]], template)

    def plain(rng: np.random.Generator) -> Example:
        words, template = _sentence(rng)
        return Example(words, None, template)

    # the pairs first: there are few short sentences, and training takes what is left
    sizes = zip(reversed(SPLITS), (test, valid, train), (pair, pair, plain), strict=True)
    splits = {split: distinct(make, count, rng, taken) for split, count, make in sizes}
    samples = [Example(right.split(), wrong.split(), "lecture") for right, wrong in LECTURE]
    splits["test"][: len(samples)] = samples[:test]
    return Dataset(
        name="homophones",
        description="which of two sentences that sound alike is the likelier one?",
        inputs="the words of a sentence",
        outputs="train: nothing; valid and test: the same sentence as misheard",
        score="share of pairs ranked the right way",
        baseline=0.5,
        baseline_name="a coin",
        sample=samples[0],
        train=splits["train"],
        valid=splits["valid"],
        test=splits["test"],
    )
