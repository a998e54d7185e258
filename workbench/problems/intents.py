"""What a person asks for, and the words that say with what."""

from typing import Annotated, Any

from torch import Tensor

from workbench.component import Field, WorkbenchError, register
from workbench.problems import intents_files
from workbench.problems.base import Problem, Raw, Texts
from workbench.problems.causal import reads_ahead
from workbench.problems.intents_grammar import requests
from workbench.problems.sentences import Count, Decoder, Sentences, Unseen, numbered
from workbench.tasks.base import Task
from workbench.tasks.language_modelling import LanguageModelling


@register("problem", "intents", source="layout: Chen, Zhuo & Wang 2019 (JointBERT)", tags=("core",))
class Intents(Problem):
    """Requests to an assistant: what is wanted, and which words say with what (intent and slots).

    ``path`` is a folder in the layout of JointBERT, as copies of ATIS and SNIPS have it: folders ``train``, ``test``
    and perhaps ``dev`` or ``valid``, each with the files ``seq.in`` (words with blanks between them), ``seq.out`` (as
    many tags) and ``label`` (the intent), a request a line. A folder with these files themselves is split by the seed;
    so is the training folder where ``dev`` or ``test`` is missing. Without a path the project writes requests by
    itself: different ones from a small English grammar, drawn by the seed, with 13 intents and 17 kinds of slot.

    Tasks: ``intent``, a classification; ``slots``, a tag for every word; ``scenario``, a classification, where the
    folders have a file of that name; ``next_word``, the language model, where ``next_word`` is set.

    View ``text``, a sequence of words; strings to come are cut at blanks.
    """

    gives = ("text",)
    wants = ("vector", "sequence")

    path: Annotated[str | None, Field(description="folder; none: requests written by the project")] = None
    decoder: Decoder = "softmax"
    next_word: Annotated[bool, Field(description="one more task: tell the next word (needs a causal encoder)")] = False
    unseen: Unseen = "error"
    count: Count = 2000

    def load(self, seed: int) -> Raw:
        found = self._written(seed) if self.path is None else intents_files.read(self.path)
        tasks: list[Task] = []
        targets: dict[str, Tensor] = {}
        faults: list[str] = []
        for name in self.task_names():
            try:
                task, targets[name] = self._task(found, name)
                tasks.append(task)
            except WorkbenchError as error:
                faults += error.faults
        if faults:
            raise WorkbenchError(*faults)
        return Raw({"text": Texts(found.words)}, {"text": "text"}, targets, tasks, found.fixed_rows)

    def _task(self, found: Sentences, name: str) -> tuple[Task, Tensor]:
        if name == "slots":
            return found.tagging(name, self.decoder, self.unseen)
        if name == "next_word":
            words, target = numbered(found.words)
            return LanguageModelling(name, words, min_count=2), target
        return found.classification(name, self.unseen)

    def _written(self, seed: int) -> Sentences:
        made = requests(self.count, seed)
        return Sentences(
            words=[[word.text for word in words] for _, words in made],
            tags={"slots": [[word.tag for word in words] for _, words in made]},
            labels={"intent": [intent for intent, _ in made]},
            places=[f"request {number}" for number in range(1, len(made) + 1)],
            name="the written requests",
        )

    def task_names(self) -> list[str]:
        names = ["intent", "slots"]
        if self.path is not None and (intents_files.folders(self.path)["train"] / intents_files.SCENARIO).is_file():
            names.append("scenario")
        return [*names, "next_word"] if self.next_word else names

    @classmethod
    def wanted(cls, spec: Any) -> tuple[str, ...]:
        if spec.tasks is not None and not {"slots", "next_word"} & set(spec.tasks):
            return ("vector",)
        return cls.wants

    @classmethod
    def objections(cls, spec: Any) -> list[str]:
        _, settings = spec.chosen("problem")
        asked = settings.get("next_word") and (spec.tasks is None or "next_word" in spec.tasks)
        return super().objections(spec) + (reads_ahead(spec, "next_word") if asked else [])
