"""Requests to a home assistant, written by a small grammar."""

import random

from workbench.problems.grammar import Grammar, Word, distinct

#: intent -> ways to ask for it
REQUESTS = {
    "light_on": [
        "turn on the {lamp}",
        "switch the {lamp} on",
        "lights on in the [room:room]",
        "it is too dark in the [room:room]",
        "make the [room:room] light [colour:colour]",
        "turn the {lamp} to [colour:colour]",
        "i can not see anything in the [room:room]",
    ],
    "light_off": [
        "turn off the {lamp}",
        "switch the {lamp} off",
        "lights out in the [room:room]",
        "it is too bright in the [room:room]",
        "no more light in the [room:room]",
        "turn everything off in the [room:room] at [time:time]",
    ],
    "set_heating": [
        "set the [room:room] to [degrees:degrees]",
        "make it [degrees:degrees] in the [room:room]",
        "heat the [room:room] to [degrees:degrees] by [time:time]",
        "i want [degrees:degrees] in the [room:room]",
        "turn the heating down to [degrees:degrees]",
        "turn on the heating in the [room:room]",
    ],
    "play_music": [
        "play [song:song]",
        "play [song:song] by [artist:artist]",
        "play something by [artist:artist]",
        "put on some [genre:genre] in the [room:room]",
        "i want to hear [song:song]",
        "play [artist:artist] in the [room:room]",
        "wake me up with [genre:genre]",
    ],
    "set_alarm": [
        "wake me up at [time:time]",
        "set an alarm for [time:time]",
        "set an alarm for [time:time] {when}",
        "i have to get up at [time:time] {when}",
        "wake [person:person] at [time:time]",
    ],
    "cancel_alarm": [
        "cancel the alarm at [time:time]",
        "delete my alarm for [date:date]",
        "no alarm {when} please",
        "do not wake me up {when}",
        "turn off the alarm for [time:time]",
    ],
    "add_reminder": [
        "remind me to [task:task]",
        "remind me to [task:task] at [time:time]",
        "remind me to [task:task] {when}",
        "do not let me forget to [task:task]",
        "tell me at [time:time] to [task:task]",
        "remind [person:person] to [task:task] {when}",
    ],
    "ask_weather": [
        "what is the weather like in [city:city]",
        "will it rain in [city:city] {when}",
        "do i need an umbrella {when}",
        "how warm will it be in [city:city] at [time:time]",
        "weather for [city:city] {when}",
        "is it going to snow {when}",
    ],
    "add_to_list": [
        "put [item:item] on the [list:list] list",
        "add [item:item] to my [list:list] list",
        "we need [item:item]",
        "i am out of [item:item]",
        "add [item:item] and [item:item] to the list",
    ],
    "call": [
        "call [person:person]",
        "call [person:person] at [time:time]",
        "ring [person:person] please",
        "i want to talk to [person:person]",
        "get me [person:person] on the phone",
    ],
    "send_message": [
        "tell [person:person] that [message:message]",
        "text [person:person] that [message:message]",
        "send a message to [person:person] saying [message:message]",
        "let [person:person] know that [message:message]",
        "write to [person:person] and say [message:message]",
    ],
    "book_table": [
        "book a table for [guests:number] at [place:place]",
        "reserve a table at [place:place] {when}",
        "i want to eat at [place:place] at [time:time]",
        "get us a table for [guests:number] at [time:time]",
        "we are [guests:number] for dinner at [place:place] {when}",
    ],
    "find_recipe": [
        "how do i cook [dish:dish]",
        "find a recipe for [dish:dish]",
        "what can i make with [item:food]",
        "what can i make with [item:food] and [item:food]",
        "show me how to make [dish:dish] for [guests:number]",
    ],
}

RULES: dict[str, str | list[str]] = {
    **REQUESTS,
    "lamp": "[room:room] light | [room:room] lights | light in the [room:room] | lamp in the [room:room]",
    "room": (
        "kitchen | hall | bathroom | bedroom | garage | cellar | attic | study | nursery | garden | living room | "
        "dining room | guest room | garden shed | laundry room"
    ),
    "colour": "red | blue | green | orange | purple | white | yellow | warm white | dark blue | a soft pink",
    "degrees": "{tens} degrees | {tens} point five degrees | {tens}",
    "tens": "sixteen seventeen eighteen nineteen twenty twenty-one twenty-two twenty-three".split(),
    "number": "two three four five six seven eight nine ten".split(),
    "hour": "{number} | {number} | {number} | eleven | twelve | noon",
    "time": (
        "{hour} | {hour} in the morning | {hour} in the evening | half past {number} | quarter to {number} | {hour} "
        "o'clock | {number} thirty | {number} pm | {number} am"
    ),
    "when": "[date:near] | on [date:day] | on [date:far] | on [date:evening]",
    "date": "{near} | {day} | {far}",
    "near": "today | tonight | tomorrow | tomorrow morning | next {day} | this {day} | in {number} days",
    "evening": "{day} morning | {day} evening",
    "far": "the {nth} of {month} | {month} the {nth}",
    "day": "monday tuesday wednesday thursday friday saturday sunday".split(),
    "nth": "first second third fourth fifth sixth seventh ninth tenth twelfth twentieth".split(),
    "month": "january february march april may june july august september october november december".split(),
    "first": (
        "anna ben carla david elena felix grace hugo ivy jonas katie leo maria noah olga paul quinn rosa sam tessa "
        "uwe vera will xenia yusuf zoe april june august melody"
    ).split(),
    "last": (
        "adams berg castro dunn evans fischer garcia hall ivanova jones klein lopez miller novak olsen park quist "
        "rossi santos taylor underwood vega weber young zhang may march snow rivers field"
    ).split(),
    "person": "{first} | {first} {last} | {first} {last} | my {kin} | {parent} | doctor {last} | the {last} family",
    "parent": "mum dad grandma grandpa".split(),
    "kin": "sister brother aunt uncle cousin neighbour boss".split(),
    "artist": "{first} {last} | {first} {last} | the {adjective} {animals} | {first}",
    "song": (
        "{adjective} {thing} | the {adjective} {thing} | {adjective} {day} | {number} in the morning | call me "
        "{near} | lights out | wake me up | rain on {day} | {first} 's {thing} | {city} by night | dancing in the "
        "{room} | no more {thing} | letter to {first} | a {thing} for {first}"
    ),
    "adjective": "blue golden broken silent endless wild lonely electric bitter gentle hollow summer winter".split(),
    "thing": "river heart morning road window garden letter city ocean shadow light alarm mirror train".split(),
    "genre": "jazz | rock | folk music | quiet piano music | soul | techno | classical music | old blues",
    "city": (
        "oslo | lisbon | vienna | prague | dublin | madrid | athens | warsaw | helsinki | turin | porto | geneva | "
        "krakow | leeds | york | bergen | florence | march | victoria | charlotte | new york | cape town | san "
        "diego | saint paul | buenos aires"
    ),
    "task": (
        "call {person} | call {person} {near} | water the {plants} | buy {item} | take out the bins | pay the "
        "{bill} bill | book a table at {place} | write to {person} | turn off the heating | feed the {pet} | pick "
        "up {first} | check the weather in {city} | clean the {room} | turn off the {room} light | take my pills"
    ),
    "plants": "roses | tomatoes | plants in the {room} | garden",
    "bill": "phone water heating internet".split(),
    "pet": "cat dog fish rabbits".split(),
    "item": "{food} | {food} | {number} {fruit} | soap | matches | batteries | candles | {ware}",
    "food": (
        "milk | bread | eggs | rice | butter | apples | onions | garlic | tomatoes | coffee | flour | sugar | "
        "cheese | spinach | leeks | olive oil | orange juice | green beans | dark chocolate | red cabbage | sweet "
        "potatoes | blue cheese"
    ),
    "ware": "toilet paper | washing powder | light bulbs | paper towels | a birthday card | a garden hose",
    "fruit": "lemons peppers bananas eggs pears".split(),
    "list": "shopping | grocery | to do | holiday | birthday",
    "message": (
        "i will be late | i am in the {room} | dinner is at {time} | the train to {city} is late | i love it | we "
        "are out of {item} | i will call {near} | the {room} light is broken | {first} is ill | it is raining | the "
        "table is for {number} | i will be there at {time} | the alarm is on | {person} is here"
    ),
    "place": (
        "the {adjective} {animal} | {first} 's | {city} grill | casa {last} | the {room} table | {last} and sons"
    ),
    "animal": "lion swan raven bear tiger owl".split(),
    "animals": "lions swans ravens bears tigers owls".split(),
    "dish": (
        "{vegetable} soup | lasagne | pancakes | {city} style pizza | vegetable curry | apple pie | grandma 's stew "
        "| chicken with {food} | {vegetable} salad | risotto | fish soup | {adjective} chicken"
    ),
    "vegetable": "tomato onion leek potato spinach pumpkin bean".split(),
    "before": "please | could you | can you | i need you to | would you please",
    "after": "please | thanks | thank you",
}
#: first words after which a request may ask politely
ORDERS = set(
    "turn switch make set heat play put wake cancel delete remind tell add call ring get text send let".split()
)
ORDERS |= set("write book reserve find show".split())
#: how often a request begins or ends politely
POLITE = 0.15

GRAMMAR = Grammar(RULES)


def requests(count: int, seed: int) -> list[tuple[str, list[Word]]]:
    """Different requests, each with its intent; every intent is equally likely."""
    draw, intents = random.Random(seed), list(REQUESTS)

    def one() -> tuple[str, list[Word]]:
        intent = draw.choice(intents)
        words = GRAMMAR.write(intent, draw)
        if words[0].text in ORDERS and draw.random() < POLITE:
            words = GRAMMAR.write("before", draw) + words
        elif words[-1].text != "please" and draw.random() < POLITE:
            words += GRAMMAR.write("after", draw)
        return intent, words

    return distinct(one, lambda found: " ".join(word.text for word in found[1]), count)
