"""What a few seeds can tell: intervals, the probability of an improvement, a verdict."""

import numpy as np

__all__ = ["improvement", "interval", "verdict"]

DRAWS = 10_000


def interval(values: np.ndarray, level: float = 0.95, seed: int = 0) -> tuple[float, float]:
    """Interval of the mean of paired differences: the wider of a percentile bootstrap and Student's t.

    With few seeds the bootstrap alone is too narrow. With 3 to 20 seeds it holds the true mean in 94 to 97 of 100
    simulated comparisons with normal or Laplace differences at 95 %, but in 88 to 90 where they are as skewed as
    exponential ones. NaN, NaN for fewer than two values.
    """
    from scipy import stats

    values = values[np.isfinite(values)]
    n = len(values)
    if n < 2:
        return float("nan"), float("nan")
    means = np.random.default_rng(seed).choice(values, (DRAWS, n)).mean(1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    half = stats.t.ppf((1 + level) / 2, n - 1) * values.std(ddof=1) / np.sqrt(n)
    return float(min(low, values.mean() - half)), float(max(high, values.mean() + half))


def improvement(values: np.ndarray) -> float:
    """How often a method beats the baseline of the same seed, ties counted half; NaN without values.

    ``P = (1/n) Σ_s (1[Δ_s > 0] + ½ 1[Δ_s = 0])``, after Agarwal et al. (NeurIPS 2021) with runs paired by seed instead
    of all with all.
    """
    values = values[np.isfinite(values)]
    return float(np.mean((values > 0) + 0.5 * (values == 0))) if len(values) else float("nan")


def verdict(low: float, high: float, values: int) -> str:
    """What an interval of so many differences says, positive being better."""
    if not np.isfinite(low):
        return "one seed: cannot tell" if values == 1 else "nothing to compare: cannot tell"
    if low > 0:
        return "better"
    return "worse" if high < 0 else "no difference detected"
