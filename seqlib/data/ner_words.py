"""The names, words and templates from which `seqlib.data.ner` makes its sentences."""

from __future__ import annotations

FIRST_NAMES = """
    Ada Alan Alice Amir Anna Anton Arthur Asha Barbara Ben Bruno Carl Carmen Clara Claude Dana
    Daniel David Deepa Diana Edgar Elena Elif Emil Emma Erik Eva Farid Felix Fiona Frank Frida
    George Greta Hanna Hans Harold Helen Henry Hugo Ida Ines Ingrid Irene Isaac Ivan Jack Jana Jane
    Jonas Joseph Julia Kamal Karen Karim Kate Kofi Lara Laura Leo Lina Linus Lisa Louis Lucy Luis
    Magda Maria Marta Max Maya Meera Miguel Mila Mohan Nadia Nina Noor Olga Oscar Otto Pablo Paul
    Peter Petra Priya Rafael Ravi Rita Robert Rosa Ruth Samir Sara Sergei Simon Sofia Stefan Susan
    Tariq Tessa Theo Thomas Toby Tom Uma Vera Victor Walter Wanda Xavier Yara Yusuf Zoe
""".split()
STEMS = """
    Ash Black Bright Clif Cran Dal East Elm Fair Fen Glen Gran Hart Hazel High Kirk Lang Lin Mar Mel
    Mill Mor New Nor Oak Pem Red Rock Sand Shel Stan Stone Strat Thorn Upper Wal West White Wil Win
""".split()
SURNAME_ENDS = """
    bury by croft den dale field ford gate ham land ley low man ridge son stead ton well wood worth
""".split()
PLACE_ENDS = """
    bury by bridge dale field ford gate ham haven land ley mouth port ridge stead ton ville well
    wick
""".split()
COMPANIES = """
    Acme Aerolux Bluebird Brightline Cobalt Corvus Datavia Ecoflow Fernway Glasko Helix Ionix
    Juniper Kestrel Lumina Metrix Nimbus Orbita Pinecrest Quanta Rivetco Solaris Tandem Umbra Vectra
    Wavelet Xenon Zephyr
""".split()
# Each of these is a first name and a place, a month or a common word.
AMBIGUOUS = "Paris Jordan Austin Sydney Florence Georgia Chelsea Chad May April June August".split()

FILLERS: dict[str, list[str]] = {
    "day": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
    "language": "French Hindi Marathi German Italian Spanish Turkish Arabic".split(),
    "thing": "letter book car house violin ring story picture bicycle map poem boat".split(),
    "text": "letter book story song poem report".split(),
    "role": "teacher doctor driver painter neighbour singer lawyer farmer cook pilot".split(),
    "saw": "met invited thanked helped phoned greeted praised called".split(),
    "went": "visited reached left crossed toured explored".split(),
    "adjective": "old new small beautiful long strange".split(),
    "kind": "old new young quiet famous".split(),
    "town": "Paris Jordan Austin Sydney Florence Georgia Chelsea Chad".split(),
    "month": "May April June August".split(),
    "pronoun": "he she they we".split(),
}

OPENINGS: dict[str, list[str]] = {
    "train": [
        "",
        "",
        "",
        "yesterday ,",
        "today ,",
        "last {day} ,",
        "last week ,",
        "on {day} ,",
        "in {month} ,",
        "in {place} ,",
        "a year ago ,",
        "after lunch ,",
        "later ,",
        "in the evening ,",
        "at {company} ,",
        "then",
        "as everybody knows ,",
        "before the war ,",
    ],
    "valid": ["", "on {day} evening ,", "near {place} ,", "last year ,", "before lunch ,"],
    "test": ["", "yesterday evening ,", "after the war ,", "on the way to {place} ,", "a week later ,"],
}

CLAUSES: dict[str, dict[str, list[str]]] = {
    "clause": {
        "train": [
            "{person} {saw} {person} .",
            "{person} {saw} {person} in {place} .",
            "{person} {saw} a {kind} {role} .",
            "the {role} {saw} {person} and {person} .",
            "{pronoun} {saw} {people} .",
            "{pronoun} {went} {places} .",
            "the {role} {saw} {people} on {day} .",
            "the {role} {went} {places} on {day} .",
            "{pronoun} {went} {town} .",
            "{pronoun} {went} {place} with {person} .",
            "{person} {went} {places} .",
            "{person} {saw} {people} .",
            "{person} and {person} {went} {place} .",
            "{person} wrote a {adjective} {text} .",
            "{person} gave the {thing} to {person} .",
            "{pronoun} bought a {thing} from {company} .",
            "{person} worked for {company} in {place} .",
            "{company} sold a {thing} to {person} .",
            "{company} opened a shop in {place} .",
            "the {role} spoke {language} and English .",
            "{person} spoke {language} .",
            "{pronoun} read the {text} by {person} .",
            "the {thing} was in {town} .",
            "{pronoun} came back in {month} with a {thing} .",
            "the {adjective} {thing} belonged to {person} .",
            "{person} , a {role} from {place} , {saw} {person} .",
            "{person} , a {kind} {role} , {went} {places} .",
            "{pronoun} said that {person} {went} {place} .",
            "{pronoun} said that {company} sold the {thing} .",
            "{pronoun} asked {person} for the {thing} .",
            "{person} and {person} found a {adjective} {thing} .",
            "the train to {place} was late .",
            "the {role} and {person} {saw} {people} in {place} .",
            "{pronoun} drove a {company} to {place} .",
            "{person} was driving a {company} .",
            "{pronoun} {saw} the {role} , the {role} and {person} .",
            "{pronoun} visited the {adjective} house of {person} .",
            "{person} {saw} the {role} of {company} .",
        ],
        "valid": [
            "{person} and {person} {saw} {person} .",
            "the {role} of {company} {saw} {person} .",
            "{pronoun} {saw} {people} in {place} .",
            "{pronoun} {went} {places} with {person} .",
            "{person} sold the {thing} to {company} .",
            "{person} wrote to {person} in {language} .",
            "the {kind} {role} {went} {places} .",
        ],
        "test": [
            "{person} {saw} {person} on {day} .",
            "the {kind} {role} {saw} {people} .",
            "{pronoun} {went} {places} in {month} .",
            "{person} , the {role} , {saw} {people} .",
            "{person} , the {role} , {went} {places} .",
            "{person} bought a {adjective} {thing} in {place} .",
            "{company} asked {person} for a {thing} .",
            "{pronoun} {saw} {person} , a {role} from {place} .",
            "{person} gave {person} a {thing} .",
            "the {role} {went} {places} and {saw} {people} .",
            "the {role} {saw} {people} and {went} {places} .",
        ],
    },
    # The first word is a person here and a month, a town or a company there; only later words tell.
    "first_word": {
        "train": [
            "{ambiguous} was cold and wet .",
            "{ambiguous} is good for long walks .",
            "{ambiguous} was very quiet this year .",
            "{person} was late .",
            "{person} is a good {role} .",
            "{person} comes from {place} .",
            "{place} and {place} are quiet towns .",
            "{person} {saw} a {role} .",
            "{company} is a famous shop .",
            "{place} is a small town .",
            "{person} laughed .",
            "{ambiguous} has long evenings .",
        ],
        "valid": ["{ambiguous} is cold and quiet .", "{person} is late .", "{place} is a famous town ."],
        "test": [
            "{ambiguous} was quiet and wet .",
            "{person} was a famous {role} .",
            "{place} is an old town .",
            "{person} laughed and {saw} a {role} .",
            "{ambiguous} is famous for long evenings .",
        ],
    },
}

# L11: the words before the ambiguous one are the same for both readings.
TEDDY: dict[str, list[str]] = {
    "opening": [
        "He said,",
        "She said,",
        "They said,",
        "He said that",
        "She wrote that",
        "We heard that",
        "I think that",
        "Yesterday he said,",
        "The teacher said,",
        "My friend wrote that",
    ],
    "word": """
        Teddy Rose Daisy Olive Pepper Ginger Hazel Robin Jasmine Ivy Lily Amber Ruby Pearl Basil
        Rusty
    """.split(),
    "train_person": [
        "was a good president.",
        "is our great teacher.",
        "has lost his keys.",
        "was a painter.",
        "wants to come too.",
        "went home early.",
        "is a good friend.",
        "met the mayor.",
        "bought a house.",
        "laughed at the joke.",
        "has two brothers.",
        "was late again.",
        "is a famous singer.",
        "wrote a long letter.",
        "wants a new job.",
    ],
    "train_thing": [
        "bears are quiet.",
        "oil is expensive.",
        "petals fell on the path.",
        "bushes grow in the garden.",
        "leaves are green.",
        "plants need water.",
        "jewels are rare.",
        "flowers smell sweet.",
        "seeds are small.",
        "trees grow slowly.",
        "stones shine.",
        "soup is hot.",
        "gardens are beautiful.",
        "beads are cheap.",
        "beads are on sale.",
    ],
    "valid_person": ["was a good singer.", "has lost a letter.", "wants to go home.", "met a friend."],
    "valid_thing": ["bears are cheap.", "plants are beautiful.", "flowers need water.", "oil is rare."],
    "test_person": [
        "was a great president.",
        "has a new house.",
        "was our president.",
        "went home late.",
        "wants two keys.",
        "wrote a joke.",
        "met his brothers.",
        "laughed again.",
    ],
    "test_thing": [
        "bears are on sale.",
        "petals are green.",
        "bushes need water.",
        "leaves fell on the garden.",
        "flowers are expensive.",
        "seeds grow slowly.",
        "trees are on sale.",
        "stones are beautiful.",
    ],
}
