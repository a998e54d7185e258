"""What a linear-chain CRF costs beside the encoder whose features it reads.

``python tests/benchmarks/bench_crf.py [--length 32] [--tags 100] [--batch 64] [--json]``. Forward and backward pass of
the CRF's loss (forward-backward), the Viterbi algorithm, and forward and backward pass of the encoder ``bilstm`` with
its default settings, interleaved in one process; ratios are medians over rounds of paired times. Once with sentences of
full length and full labels, once with sentences of any length and missing labels, which are summed over.
"""

import argparse
import json
import statistics
from collections.abc import Callable
from time import perf_counter

import torch

from workbench.encoders import BiLSTM, View, Vocabulary
from workbench.tasks.crf import Chain, nll, viterbi

Step = Callable[[], object]


def steps(length: int, tags: int, batch: int) -> dict[str, Step]:
    """One step of each kind."""
    torch.manual_seed(0)
    vocabulary = Vocabulary([[f"word{number}" for number in range(2000)]])
    encoder = BiLSTM().build(View("text", "text", (length,), vocabulary))
    words = torch.randint(2, vocabulary.size, (batch, length))
    emissions = torch.randn(batch, length, tags, requires_grad=True)
    chain = Chain(*(torch.randn(shape, requires_grad=True) for shape in ((tags,), (tags,), (tags, tags))))
    every = torch.ones(batch, length, dtype=torch.bool)
    target = torch.randint(tags, (batch, length))
    some = torch.arange(length) < torch.randint(1, length + 1, (batch, 1))
    gaps = target.masked_fill((torch.rand(batch, length) < 0.1) | ~some, -100)
    return {
        "bilstm": lambda: encoder(words).values.sum().backward(),
        "forward-backward": lambda: nll(emissions, target, every, chain).sum().backward(),
        "viterbi": lambda: viterbi(emissions.detach(), every, chain),
        "forward-backward, gaps": lambda: nll(emissions, gaps, some, chain).sum().backward(),
        "viterbi, gaps": lambda: viterbi(emissions.detach(), some, chain),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--length", type=int, default=32)
    parser.add_argument("--tags", type=int, default=100)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    made = steps(options.length, options.tags, options.batch)
    times: dict[str, list[float]] = {name: [] for name in made}
    for number in range(options.rounds + 3):
        for name, step in made.items():
            since = perf_counter()
            step()
            if number >= 3:  # the first rounds warm up
                times[name].append((perf_counter() - since) * 1e3)
    times["both"] = [sum(pair) for pair in zip(times["forward-backward"], times["viterbi"], strict=True)]
    rows = [
        {
            "step": name,
            "ms": statistics.median(found),
            "ratio": statistics.median(mine / theirs for mine, theirs in zip(found, times["bilstm"], strict=True)),
        }
        for name, found in times.items()
    ]
    if options.json:
        print(json.dumps(rows))
        return
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    for row in rows:
        print(f"{row['step']:24s} {row['ms']:8.2f} ms   {row['ratio']:.2f} x bilstm")


if __name__ == "__main__":
    main()
