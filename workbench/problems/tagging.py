"""Several tags for every word."""
# ruff: noqa: RUF012 (a component copies the defaults of its settings)

from functools import partial
from typing import Annotated

from torch import Tensor

from workbench.component import Field, WorkbenchError, register
from workbench.encoders.words import tokenize
from workbench.problems import conll
from workbench.problems.base import Problem, Raw, Texts
from workbench.problems.sentences import Count, Decoder, Sentences, Unseen
from workbench.problems.tagging_grammar import sentences
from workbench.tasks.base import Task


@register("problem", "tagging", source="layouts: CoNLL-2003; Universal Dependencies (CoNLL-U)", tags=("core",))
class TaggedSentences(Problem):
    """Sentences with several tags for every word: parts of speech, phrases, entities.

    ``path`` is a file with a word a line and a blank line between sentences, or a folder with files for the splits,
    told by ``train``, ``dev`` (``valid``, ``testa``) and ``test`` (``testb``) in their names; what is missing of them
    is split off by the seed. Two kinds are understood: CoNLL-U (ten columns, tabs between them; lines that start with
    ``#``, tokens of several words and empty nodes are left out; ``_`` is a missing tag), and columns with blanks or
    tabs between them as in CoNLL-2003 (``word pos chunk ner``; lines with ``-DOCSTART-`` are left out), for which
    ``layout`` may name the columns. ``columns`` says which become tasks: by default ``upos`` and ``deprel`` of CoNLL-U,
    and all beside the word of others.

    Without a path the project writes sentences of a small newspaper by itself: different ones from a small English
    grammar, drawn by the seed, with the tasks ``pos`` (parts of speech) and ``ner`` (persons, places, organisations;
    many names are names of more than one kind, and many words are nouns and verbs).

    View ``text``, a sequence of words, as they are written; strings to come are cut into words and punctuation marks.
    """

    gives = ("text",)
    wants = ("sequence",)

    path: Annotated[str | None, Field(description="file or folder; none: sentences written by the project")] = None
    columns: Annotated[list[str], Field(description="columns to tell, a task each; empty: the usual ones")] = []
    layout: Annotated[list[str], Field(description="names of all columns of a file that is no CoNLL-U, in order")] = []
    decoder: Decoder = "softmax"
    unseen: Unseen = "error"
    count: Count = 1500

    def load(self, seed: int) -> Raw:
        names = self.task_names()
        found = self._written(seed, names) if self.path is None else conll.read(self.path, names, self.layout)
        tasks: list[Task] = []
        targets: dict[str, Tensor] = {}
        faults: list[str] = []
        for name in names:
            try:
                task, targets[name] = found.tagging(name, self.decoder, self.unseen)
                tasks.append(task)
            except WorkbenchError as error:
                faults += error.faults
        if faults:
            raise WorkbenchError(*faults)
        texts = Texts(found.words, partial(tokenize, lower=False))
        return Raw({"text": texts}, {"text": "text"}, targets, tasks, found.fixed_rows)

    def _written(self, seed: int, names: list[str]) -> Sentences:
        made = sentences(self.count, seed)
        tags: dict[str, list[list[str | None]]] = {
            "pos": [[word.kind for word in words] for words in made],
            "ner": [[word.tag for word in words] for words in made],
        }
        wrong = [name for name in names if name not in tags]
        if wrong:
            raise WorkbenchError(f"The written sentences have no column {wrong[0]!r}; allowed: {', '.join(tags)}.")
        return Sentences(
            words=[[word.text for word in words] for words in made],
            tags={name: tags[name] for name in names},
            places=[f"sentence {number}" for number in range(1, len(made) + 1)],
            name="the written sentences",
        )

    def task_names(self) -> list[str]:
        if self.columns:
            return list(self.columns)
        if self.path is None:
            return ["pos", "ner"]
        known = conll.layout(conll.files(self.path)["train"], self.layout)
        return list(conll.USUAL) if known == conll.UNIVERSAL else [name for name in known if name != "word"]
