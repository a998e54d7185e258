"""BERT and its kin from Hugging Face transformers."""

from typing import Annotated, Any

from torch import Tensor, nn

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.encoders.base import Codec, Encoder, Sentences, View
from workbench.encoders.pieces import Pieces, packed
from workbench.encoders.stages import Place, Stages
from workbench.encoders.words import Vocabulary


def library() -> Any:
    """Hugging Face transformers, told to be quiet.

    Raises:
        WorkbenchError: it is not installed.
    """
    try:
        import transformers
    except ImportError as error:
        raise WorkbenchError(
            "Encoder 'bert' needs Hugging Face transformers: pip install 'mtl-workbench[text]'."
        ) from error
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers


class FirstPieces(nn.Module):
    """Pieces of words -> features of each word: those of its first piece.

    Args:
        bert: the network, which reads one sentence of pieces per row.
        first, last: numbers of the pieces that open and close a sentence.
    """

    def __init__(self, bert: Any, first: int, last: int) -> None:
        super().__init__()
        self.bert, self.first, self.last = bert, first, last

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        pieces, there, places = packed(x, self.first, self.last)
        hidden = self.bert(input_ids=pieces, attention_mask=there.long()).last_hidden_state
        words = hidden.gather(1, places.unsqueeze(-1).expand(-1, -1, hidden.shape[-1]))
        return words if mask is None else words * mask.unsqueeze(-1)


class PieceStages(Stages):
    """Stages over words in pieces: ``int64[batch, words]`` or ``[batch, words, pieces]``, 0 where there is none."""

    def mask(self, view: Tensor) -> Tensor | None:
        return (view if view.dim() == 2 else view[..., 0]) != 0


@register("encoder", "bert", source="Devlin et al., NAACL 2019; Wolf et al., EMNLP 2020 (transformers)", tags=())
class Bert(Encoder):
    """BERT from Hugging Face transformers: a small one with random weights, or a pretrained one.

    Needs the extra ``text``: ``pip install 'mtl-workbench[text]'``. Without ``pretrained`` nothing is downloaded: words
    come from a vocabulary of the training sentences, and ``width``, ``layers``, ``heads`` and ``dropout`` say how large
    the network is. With ``pretrained`` (the name of a model on the Hugging Face hub, or a folder with one) words are
    cut into the pieces of its own tokenizer, its own size holds, and these four settings are not used. A word's
    features are those of its first piece, so that taggers work, too. Weights are read from safetensors only, and no
    code that comes with a model is run.

    Shapes: ``int64[batch, words]`` or ``int64[batch, words, pieces] -> [batch, words, width]``.

    Raises:
        WorkbenchError: the extra is not installed, there is no such model, its weights are no safetensors, ``width`` is
            no multiple of ``heads``, or a sentence is longer than the model reads.
    """

    reads = ("text",)
    gives = "sequence"

    pretrained: Annotated[str | None, Field(description="name or folder of a model; none: random weights")] = None
    width: Annotated[int, Field(ge=1, description="features per word"), Slider(16, 768, log=True)] = 64
    layers: Annotated[int, Field(ge=1, description="number of layers"), Slider(1, 12)] = 2
    heads: Annotated[int, Field(ge=1, description="heads of the attention; they divide width"), Slider(1, 16)] = 4
    dropout: Annotated[float, Field(ge=0, lt=1, description="share of units dropped"), Slider(0, 0.8)] = 0.1
    min_count: Annotated[
        int, Field(ge=1, description="rarer words are read as unknown, without pretrained"), Slider(1, 10)
    ] = 2

    def setup(self) -> None:
        if self.pretrained is None and self.width % self.heads:
            raise WorkbenchError(
                f"Encoder 'bert': width = {self.width} is no multiple of heads = {self.heads}; "
                f"{self.width // self.heads * self.heads or self.heads} is."
            )

    def learn(self, sentences: Sentences) -> Codec:
        if self.pretrained is None:
            return Vocabulary(sentences, self.min_count)
        found = self._load(library().AutoTokenizer)
        config = self._load(library().AutoConfig)
        return Pieces(found, getattr(config, "max_position_embeddings", None))

    def build(self, view: View) -> Stages:
        codec = view.codec
        if isinstance(codec, Pieces):
            bert = self._load(library().AutoModel, use_safetensors=True)
            first, last = codec.first, codec.last
        else:
            assert codec is not None
            first, last = codec.size, codec.size + 1
            bert = self._small(codec.size + 2, view.shape[0] + 2)
        return PieceStages([FirstPieces(bert, first, last)], [Place(bert.config.hidden_size, -1)])

    def _small(self, words: int, longest: int) -> Any:
        """A network of the wanted size with random weights."""
        config = library().BertConfig(
            vocab_size=words,
            hidden_size=self.width,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            intermediate_size=4 * self.width,
            max_position_embeddings=max(512, longest),
            hidden_dropout_prob=self.dropout,
            attention_probs_dropout_prob=self.dropout,
        )
        return library().BertModel(config, add_pooling_layer=False)

    def _load(self, kind: Any, **options: Any) -> Any:
        """A tokenizer, a configuration or a model of the name that was given."""
        try:
            return kind.from_pretrained(self.pretrained, trust_remote_code=False, **options)
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise WorkbenchError(
                f"Encoder 'bert': pretrained = {self.pretrained!r} cannot be loaded; allowed: the name of a model on "
                f"the Hugging Face hub, or a folder with its config, its tokenizer and weights as safetensors "
                f"({reason[:200]})."
            ) from error
