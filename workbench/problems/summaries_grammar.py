"""Short reports, each with its headline, written by a small grammar."""

import random
from typing import NamedTuple

from workbench.problems.grammar import Grammar, distinct


class Story(NamedTuple):
    """What may happen: leads and details of a report, and its headline; the same names stand for the same words."""

    topic: str
    leads: str
    details: str
    headline: str


STORIES = [
    Story(
        "weather",
        "a heavy storm reached {city} on {day} evening | on {day} the strongest storm for years crossed {city}",
        "the wind blew down {n} trees , but nobody was hurt | {n} trees had fallen when the wind stopped",
        "storm fells {n} trees in {city}",
    ),
    Story(
        "weather",
        "after {n} days of rain the river in {city} has left its bed | since {day} parts of {city} are under water",
        "all schools will stay closed this week | children do not have to go to school for now",
        "flood closes schools in {city}",
    ),
    Story(
        "weather",
        "it has not rained in {city} for {n} weeks | {city} has seen no rain since {n} weeks ago",
        "gardens may not be watered any more | the council asks people to use less water",
        "{city} runs out of water",
    ),
    Story(
        "transport",
        "drivers of the {city} {vehicle} do not go to work on {day} | no {vehicle} will leave {city} on {day}",
        "the drivers ask for {n} percent more pay | their union wants {n} percent more money",
        "{vehicle} drivers strike in {city}",
    ),
    Story(
        "transport",
        "from {day} on nobody can take the {vehicle} in {city} | the {city} {vehicle} stops on {day}",
        "old rails have to be replaced , which takes {n} weeks | the work on the line will last {n} weeks",
        "{city} {vehicle} closed for {n} weeks",
    ),
    Story(
        "transport",
        "a new {vehicle} line connects {city} and {other} | people can now go from {city} to {other} by {vehicle}",
        "the trip takes {n} hours | the first passengers left on {day}",
        "new {vehicle} from {city} to {other}",
    ),
    Story(
        "sport",
        "the team from {city} met the team from {other} on {day} | {city} and {other} played on {day}",
        "{other} went home with {n} goals against it | after {n} goals the fans of {city} sang until midnight",
        "{city} beats {other}",
    ),
    Story(
        "sport",
        "{person} ran through {city} faster than anybody before | nobody was as fast as {person} in {city} on {day}",
        "the old record had stood for {n} years | {n} years ago the record was {n} seconds slower",
        "{person} breaks record in {city}",
    ),
    Story(
        "culture",
        "{person} plays in {city} on {day} | on {day} {person} comes to {city} with a new {work}",
        "all tickets were gone within {n} hours | it took {n} hours to sell the last ticket",
        "{person} sells out in {city}",
    ),
    Story(
        "culture",
        "the {city} museum shows {n} pictures by {person} | {n} pictures by {person} can be seen in {city}",
        "the museum opens on {day} | doors open on {day}",
        "{city} shows pictures by {person}",
    ),
    Story(
        "business",
        "a factory in {city} will be closed | {person} closes the factory in {city}",
        "{n} hundred workers lose their jobs | there is no work any more for {n} hundred people",
        "{n} hundred jobs lost in {city}",
    ),
    Story(
        "business",
        "{person} opened {n} shops in {city} on {day} | since {day} there are {n} new shops in {city}",
        "they sell {goods} from the region | one can buy {goods} there",
        "{n} {goods} shops open in {city}",
    ),
]
RULES: dict[str, str | list[str]] = {
    "city": "oslo lisbon vienna prague dublin madrid athens warsaw turin porto geneva leeds york bergen".split(),
    "other": "lyon krakow bonn ghent malmo cork seville graz basel bath aarhus verona".split(),
    "day": "monday tuesday wednesday thursday friday saturday sunday".split(),
    "n": "two three four five six seven eight nine ten twenty".split(),
    "vehicle": "tram bus train ferry metro".split(),
    "work": "play song book film".split(),
    "goods": "bread cheese wine tea paper".split(),
    "person": "{first} {last}",
    "first": "anna ben carla david elena felix grace hugo ivy jonas katie leo maria noah olga paul rosa sam".split(),
    "last": "adams berg castro dunn evans fischer garcia hall ivanova jones klein lopez miller novak olsen".split(),
    "aside": (
        "{person} said so | a speaker from {other} said so | {person} told this newspaper | it is not the first time | "
        "people in {other} know this , too | more will be known on {day}"
    ),
}


def reports(count: int, seed: int) -> list[tuple[str, str, str]]:
    """Different reports, each with its headline and its topic."""
    draw, grammar = random.Random(seed), Grammar(RULES)

    def words(rule: str) -> str:
        return " ".join(word.text for word in grammar.write(rule, draw))

    def one() -> tuple[str, str, str]:
        story = draw.choice(STORIES)
        facts = {name: words(name) for name in RULES if name not in ("first", "last", "aside")}
        parts = [draw.choice(part.split("|")).strip().format(**facts) for part in (story.leads, story.details)]
        if draw.random() < 0.5:
            parts.append(words("aside"))
        if draw.random() < 0.3:
            parts.reverse()
        return " . ".join(parts) + " .", story.headline.format(**facts), story.topic

    return distinct(one, lambda found: found[0], count)
