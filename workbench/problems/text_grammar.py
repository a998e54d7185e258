"""Short news with a topic and a tone, written by a small grammar."""

import random

from workbench.problems.grammar import Grammar, distinct

#: topic -> what happened
EVENTS = {
    "sport": (
        "{club} met {club} in {city} on {day} | the {race} ended in {city} on {day} | {club} signed {person} for {n} "
        "years | {person} ran the {race} in {city} | the coach of {club} spoke about the match in {city} | "
        "{person} plays for {club} again | {club} opened a new stadium in {city}"
    ),
    "business": (
        "{firm} opened a factory in {city} | {firm} bought the {city} club | {firm} sold {n} shops in {city} | "
        "{firm} and {firm} signed a contract on {day} | {person} is the new head of {firm} | "
        "{firm} spoke about its prices on {day} | {firm} presented a new engine in {city}"
    ),
    "science": (
        "researchers from {city} tested a new {thing} | {person} presented a study about {nature} | "
        "a telescope in {city} found {n} stars | a team in {city} counted the {animals} of the region | "
        "{person} measured {nature} for {n} years | a laboratory in {city} opened its doors on {day} | "
        "researchers from {city} ran a test with {firm}"
    ),
    "politics": (
        "the minister met {person} in {city} | parliament voted on the {law} law on {day} | "
        "the mayor of {city} presented a plan for {nature} | {n} parties signed a contract in {city} | "
        "the council of {city} spoke about the {law} law | {person} leads the party again | "
        "the government opened a new office in {city}"
    ),
    "culture": (
        "{person} presented a film about {nature} | the {city} museum opened its doors on {day} | "
        "{person} played the piano in {city} | a novel about {club} came out on {day} | "
        "the theatre of {city} showed a play about a minister | {person} signed books in {city} | "
        "a museum in {city} bought {n} pictures"
    ),
}
#: tone -> what people made of it
TONES = {
    "positive": (
        "{they} were {glad} | {they} were not {sorry} at all | it was the best {thing_} for {n} years | "
        "nobody was {sorry} | {they} see every reason for hope | it went better than {they} had feared | "
        "{they} praised {it} | few were {sorry} , most were {glad}"
    ),
    "negative": (
        "{they} were {sorry} | {they} were not {glad} at all | it was the worst {thing_} for {n} years | "
        "nobody was {glad} | {they} see no reason for hope | it went worse than {they} had hoped | "
        "{they} blamed {it} | few were {glad} , most were {sorry}"
    ),
    "neutral": (
        "more will be known on {day} | {they} were told on {day} | {they} will speak about it on {day} | "
        "it went as {they} had expected | {they} said nothing about {it} | a report will follow in {n} weeks | "
        "{they} were neither {glad} nor {sorry}"
    ),
}

RULES: dict[str, str | list[str]] = {
    **EVENTS,
    **TONES,
    "club": "{city} united | {city} rovers | {city} city | the {city} {animals}",
    "firm": "{last} motors | {last} and {last} | {last} steel | {city} airlines | {last} foods",
    "race": "marathon relay regatta sprint tour".split(),
    "thing": "vaccine battery telescope method engine".split(),
    "thing_": "day week match film plan year result".split(),
    "nature": "the sea | the moon | old forests | rain and wind | the river | clean air",
    "animals": "bears wolves eagles bees otters foxes".split(),
    "law": "tax school water health traffic".split(),
    "they": "critics | experts | visitors | fans | workers | neighbours | readers | investors | the organisers",
    "glad": "glad delighted proud pleased thrilled".split(),
    "sorry": "sorry disappointed angry worried furious".split(),
    "it": "the decision | the result | the event | the idea | the news",
    "person": "{first} {last}",
    "first": "anna ben carla david elena felix grace hugo ivy jonas katie leo maria noah olga paul rosa sam".split(),
    "last": "adams berg castro dunn evans fischer garcia hall ivanova jones klein lopez miller novak olsen".split(),
    "city": "oslo lisbon vienna prague dublin madrid athens warsaw turin porto geneva leeds york bergen".split(),
    "day": "monday tuesday wednesday thursday friday saturday sunday".split(),
    "n": "two three four five six seven eight nine ten twenty".split(),
}

GRAMMAR = Grammar(RULES)


def news(count: int, seed: int) -> list[tuple[str, str, str]]:
    """Different texts, each with its topic and its tone; all pairs of both are equally likely."""
    draw = random.Random(seed)

    def one() -> tuple[str, str, str]:
        topic, tone = draw.choice(list(EVENTS)), draw.choice(list(TONES))
        parts = [" ".join(word.text for word in GRAMMAR.write(name, draw)) for name in (topic, tone)]
        if draw.random() < 0.3:
            parts.reverse()
        return " . ".join(parts) + " .", topic, tone

    return distinct(one, lambda found: found[0], count)
