"""Sentences of a small newspaper with parts of speech and entities, written by a small grammar."""

import random

from workbench.problems.grammar import Grammar, Word, distinct


def of_kind(kind: str, words: str) -> str:
    """Words as ways of a rule, all of one class."""
    return " | ".join(f"{word}/{kind}" for word in words.split())


RULES: dict[str, str | list[str]] = {
    "sentence": (
        "{one} {does} ./PUNCT | {one} {does} {where} ./PUNCT | {when} {one} {does} ./PUNCT | {many} {do} ./PUNCT | "
        "{many} {do} {where} ./PUNCT | {one} {will} {do} {when} ./PUNCT | {when} {many} {do} ./PUNCT | "
        "[PER:person] ,/PUNCT {role} {of} ,/PUNCT {does} ./PUNCT | "
        "{someone} {says} that/SCONJ {one} {will} {do} ./PUNCT | "
        "{someone} {says} that/SCONJ {many} {do} ./PUNCT | {one} {does} and/CCONJ {does} ./PUNCT | "
        "who/PRON {does} {where} ?/PUNCT | will/AUX {one} {do} {when} ?/PUNCT"
    ),
    "one": "{someone} | {someone} | [ORG:organisation] | [LOC:country] | the/DET {office} {of} | he/PRON | she/PRON",
    "many": "the/DET {people} {of} | {adjective} {people} | they/PRON | {number} {people} {of} | {people} {where}",
    "someone": "[PER:person] | [PER:person] | {title} [PER:last]",
    "of": "of/ADP [ORG:organisation] | of/ADP [LOC:place] | from/ADP [LOC:place]",
    "where": "in/ADP [LOC:place] | near/ADP [LOC:place] | at/ADP [ORG:organisation]",
    "when": "on/ADP {day} | in/ADP {month} | last/ADJ {day} | this/DET week/NOUN | in/ADP {year}",
    "does": "{acts} {thing} | {acts} {thing} | {moves} {far}",
    "do": "{act} {thing} | {act} {thing} | {move} {far}",
    "far": "to/ADP [LOC:place] | from/ADP [LOC:place] to/ADP [LOC:place] | {how}",
    "thing": (
        "the/DET {noun} | a/DET {adjective} {noun} | the/DET {noun} {of} | {adjective} {nouns} | the/DET {nouns} | "
        "{number} {nouns} | [ORG:organisation] | [PER:person]"
    ),
    "noun": of_kind("NOUN", "park school bridge market museum factory port station road plan film bank show"),
    "nouns": of_kind("NOUN", "parks schools bridges markets museums roads plans visits films banks shows tests"),
    "people": of_kind("NOUN", "workers students teachers drivers farmers nurses members children fans"),
    "office": of_kind("NOUN", "mayor council bank club school museum port market head"),
    "acts": of_kind("VERB", "visits plans opens closes builds buys sells likes shows wants tests marks"),
    "act": of_kind("VERB", "visit plan open close build buy sell like show want test mark"),
    "moves": of_kind("VERB", "travels moves returns walks marches flies drives"),
    "move": of_kind("VERB", "travel move return walk march fly drive"),
    "says": of_kind("VERB", "says reports thinks hopes writes"),
    "will": of_kind("AUX", "will may can must"),
    "adjective": of_kind("ADJ", "new young green late public northern small large light"),
    "how": of_kind("ADV", "quickly early late home alone often"),
    "number": of_kind("NUM", "two three four five twelve 20 300"),
    "year": of_kind("NUM", "1998 2004 2011 2019 2024"),
    "day": of_kind("PROPN", "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    "month": of_kind("PROPN", "January March April May June August October"),
    "title": of_kind("NOUN", "president minister mayor doctor"),
    "role": "president/NOUN | head/NOUN | the/DET mayor/NOUN | a/DET member/NOUN",
    "person": "{first} {last} | {first} {last} | {first} | {last}",
    "first": of_kind("PROPN", "Anna Ben Carla Jordan Georgia Paris Florence April June Will Mark Grace Hope Hugo"),
    "last": of_kind("PROPN", "Adams Berg Castro London Young Park March May Green Hill Bridge Marsh West Novak"),
    "place": "{country} | {city} | {city} | {city}",
    "country": of_kind("PROPN", "Norway Chile Jordan Georgia Chad Ghana Japan Peru Turkey Malta Kenya Canada"),
    "city": (
        of_kind("PROPN", "Oslo Paris London Florence Lima Accra Turin Bergen Porto Leeds Victoria Alexandria")
        + " | New/PROPN York/PROPN | Cape/PROPN Town/PROPN | San/PROPN Jose/PROPN"
    ),
    "organisation": (
        "the/DET Bank/PROPN of/ADP {country} | {city} {club} | {last} {company} | {last} and/CCONJ {last} | "
        "{acronym} | the/DET {city} {school} | the/DET {last} {group}"
    ),
    "club": of_kind("PROPN", "United Rovers City"),
    "company": of_kind("PROPN", "Motors Bank Airlines Steel"),
    "school": of_kind("PROPN", "School Museum Opera Times"),
    "group": of_kind("PROPN", "Group Foundation Report"),
    "acronym": of_kind("PROPN", "UNEP NATO IBM BBC FIFA WHO"),
}

GRAMMAR = Grammar(RULES)


def sentences(count: int, seed: int) -> list[list[Word]]:
    """Different sentences, the first word of each with a capital letter."""
    draw = random.Random(seed)

    def one() -> list[Word]:
        first, *others = GRAMMAR.write("sentence", draw)
        return [first._replace(text=first.text[0].upper() + first.text[1:]), *others]

    return distinct(one, lambda words: " ".join(word.text for word in words), count)
