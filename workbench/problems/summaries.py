"""Reports and their headlines."""

from typing import Annotated, Literal

from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.encoders.words import tokenize
from workbench.problems.base import Problem, Raw, Texts
from workbench.problems.sentences import Sentences, numbered
from workbench.problems.summaries_grammar import reports
from workbench.tasks.base import Task
from workbench.tasks.sequence_to_sequence import SequenceToSequence


@register("problem", "summaries", tags=("core",))
class Summaries(Problem):
    """Short reports: write the headline of each, and tell its topic.

    The project writes the reports by itself: different ones from a small English grammar, drawn by the seed, with
    5 topics. A headline follows from its report, but has to be found in it: most of its words are copied from the
    report, where other towns, numbers and names stand beside them.

    Tasks: ``headline``, from a sequence to a sequence, with a recurrent decoder that attends to the words of the
    report; ``topic``, a classification.

    View ``text``, a sequence of words.
    """

    gives = ("text",)
    wants = ("vector", "sequence")

    count: Annotated[int, Field(ge=100, le=20_000, description="reports that are written"), Slider(500, 10_000)] = 2000
    units: Annotated[int, Field(ge=1, description="units of the decoder"), Slider(16, 512, log=True)] = 96
    cell: Annotated[Literal["gru", "lstm"], Field(description="cell of the decoder")] = "gru"
    attention: Annotated[
        Literal["additive", "dot"], Field(description="how the decoder compares its state with the words read")
    ] = "additive"
    beams: Annotated[int, Field(ge=1, le=20, description="beginnings kept while writing; 1: greedy"), Slider(1, 8)] = 1

    def load(self, seed: int) -> Raw:
        made = reports(self.count, seed)
        texts = [report.split() for report, _, _ in made]
        found = Sentences(words=texts, labels={"topic": [topic for _, _, topic in made]}, name="the written reports")
        words, headline = numbered([title.split() for _, title, _ in made])
        topic_task, topic = found.classification("topic", "error")
        tasks: list[Task] = [
            SequenceToSequence("headline", words, self.units, self.cell, self.attention, self.beams),
            topic_task,
        ]
        targets: dict[str, Tensor] = {"headline": headline, "topic": topic}
        return Raw({"text": Texts(texts, tokenize)}, {"text": "text"}, targets, tasks)

    def task_names(self) -> list[str]:
        return ["headline", "topic"]

    @classmethod
    def wanted(cls, spec: object) -> tuple[str, ...]:
        chosen = getattr(spec, "tasks", None)
        return ("vector",) if chosen is not None and "headline" not in chosen else cls.wants
