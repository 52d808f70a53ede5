"""The Fréchet distance between two sets of feature rows, exact in any dimension, and its value without bias.

A covariance of n rows in d dimensions has rank n - 1 at most. Where n <= d it is kept as its root (n, d), the centred
rows themselves, so that no (d, d) matrix is made: two sets of 500 rows in 2048 dimensions take a tenth of a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.stats import SEED, Floats

from ._rows import both_checked, checked


class Gaussian(NamedTuple):
    """A mean (d,) and a covariance (d, d)."""

    mean: Floats
    covariance: Floats


class Rooted(NamedTuple):
    """A mean (d,) and a root (k, d) of a covariance: root' root is the covariance."""

    mean: Floats
    root: Floats


@dataclass(frozen=True)
class Moments:
    """What a Gaussian needs of rows seen so far: their count, mean (d,), and scatter (d, d) about that mean.

    Sets are seen piece by piece: ``moments(a).merge(moments(b))`` equals ``moments`` of both to rounding.
    """

    count: int
    mean: Floats
    scatter: Floats

    def merge(self, other: Moments) -> Moments:
        """The moments of both sets of rows together.

        Raises:
            ValueError: the dimensions differ.

        Source: Chan, Golub and LeVeque (1979), whose update of a sum of squares holds for outer products too.
        """
        if self.mean.shape != other.mean.shape:
            raise ValueError(f"features have {self.mean.size} dimensions here, {other.mean.size} there")
        count = self.count + other.count
        shift = other.mean - self.mean
        between = (self.count * other.count / count) * np.outer(shift, shift)
        return Moments(count, self.mean + shift * (other.count / count), self.scatter + other.scatter + between)

    def gaussian(self, name: str = "given") -> Gaussian:
        """Mean and unbiased covariance (ddof 1).

        Raises:
            ValueError: fewer than two rows.
        """
        if self.count < 2:
            raise ValueError(f"a covariance takes two feature rows or more; the {name} set has {self.count}")
        return Gaussian(self.mean, self.scatter / (self.count - 1))


class Extrapolated(NamedTuple):
    """A distance as it would be with endless rows: value, slope over 1/n, and how well the line fits (R squared)."""

    value: float
    slope: float
    r2: float


def moments(rows: NDArray[Any], name: str = "given") -> Moments:
    """Moments of rows (k, d) of any float type, summed in float64.

    Raises:
        ValueError: no row, or one that is not finite.

    >>> moments(np.array([[0.0], [2.0]], np.float32)).merge(moments(np.array([[4.0]])))
    Moments(count=3, mean=array([2.]), scatter=array([[8.]]))
    """
    exact = checked(rows, name, least=1)
    mean = exact.mean(axis=0)
    centred = exact - mean
    return Moments(len(exact), mean, centred.T @ centred)


def gaussian(rows: NDArray[Any], name: str = "given") -> Gaussian:
    """Mean and unbiased covariance (ddof 1) of rows (k, d).

    Raises:
        ValueError: fewer than two rows, or one that is not finite.
    """
    return moments(rows, name).gaussian(name)


def rooted(rows: NDArray[Any], name: str = "given") -> Rooted:
    """Mean of rows (k, d) and the root (k, d) of their unbiased covariance that the rows themselves are.

    Raises:
        ValueError: fewer than two rows, or one that is not finite.
    """
    exact = checked(rows, name)
    mean = exact.mean(axis=0)
    return Rooted(mean, (exact - mean) / np.sqrt(len(exact) - 1.0))


def rank_deficient(rows: int, dimension: int) -> bool:
    """Whether a covariance of this many rows is singular, its distances biased far upwards, and to be flagged.

    >>> rank_deficient(964, 2048), rank_deficient(128, 128), rank_deficient(129, 128)
    (True, True, False)
    """
    return rows <= dimension


def distance_of_rows(generated: NDArray[Any], reference: NDArray[Any]) -> float:
    """Fréchet distance of the Gaussians of two sets of rows (n1, d) and (n2, d), each in its cheaper form.

    Raises:
        ValueError: fewer than two rows in a set, a row that is not finite, or dimensions that differ.
    """
    pair = zip(both_checked(generated, reference), ("generated", "reference"), strict=True)
    ours, theirs = (rooted(rows, name) if rank_deficient(*rows.shape) else gaussian(rows, name) for rows, name in pair)
    return frechet_distance(ours, theirs)


def frechet_distance(generated: Gaussian | Rooted, reference: Gaussian | Rooted) -> float:
    """Squared Fréchet distance |m1-m2|^2 + tr(S1 + S2 - 2 (S1 S2)^1/2) between two Gaussians.

    Raises:
        ValueError: the two have not the same dimension.

    Source: Dowson and Landau (1982), equation 6.

    >>> frechet_distance(Gaussian(np.array([3.0]), np.array([[4.0]])), Gaussian(np.array([0.0]), np.array([[1.0]])))
    10.0
    """
    if generated.mean.shape != reference.mean.shape:
        raise ValueError(f"features have {generated.mean.size} dimensions here, {reference.mean.size} there")
    shift = generated.mean - reference.mean
    return max(
        0.0, float(shift @ shift + _spread(generated) + _spread(reference) - 2.0 * _overlap(generated, reference))
    )


def _spread(side: Gaussian | Rooted) -> float:
    return float(np.trace(side.covariance) if isinstance(side, Gaussian) else np.square(side.root).sum())


def _overlap(generated: Gaussian | Rooted, reference: Gaussian | Rooted) -> float:
    """Trace of (S1 S2)^1/2.

    S1 S2 has the eigenvalues of the symmetric R2 S1 R2', where R2' R2 = S2, and their roots are the singular values of
    R1 R2': so never a root of a product that is not symmetric, never complex, never below zero but for rounding.
    """
    if isinstance(generated, Gaussian):
        half = factor(reference.covariance).T if isinstance(reference, Gaussian) else reference.root
        return root_trace(half @ generated.covariance @ half.T)
    if isinstance(reference, Gaussian):
        return root_trace(generated.root @ reference.covariance @ generated.root.T)
    return float(np.linalg.svd(generated.root @ reference.root.T, compute_uv=False).sum())


def root_trace(symmetric: Floats) -> float:
    """Trace of M^1/2, of a symmetric M (k, k) without negative eigenvalues but for rounding."""
    return float(np.sqrt(np.maximum(np.linalg.eigvalsh(symmetric), 0.0)).sum())


def factor(covariance: Floats) -> Floats:
    """A matrix F (d, d) with F F' = covariance: Cholesky's, or the symmetric root where the covariance is singular.

    Cholesky's takes a thirtieth of the time, which the bootstrap spends a thousand times.
    """
    try:
        return np.asarray(np.linalg.cholesky(covariance), np.float64)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(covariance)
        return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def frechet_distance_infinity(
    generated: NDArray[Any], reference: Gaussian, *, sizes: int = 25, least: int = 500, seed: int = SEED
) -> Extrapolated:
    """Fréchet distance of generated rows (n, d) from a reference, extrapolated to endlessly many generated rows.

    The distance of ever larger samples is fitted by a line over 1/n, whose intercept is the value; it may be negative.
    The samples are drawn without replacement and by seed; fadtk draws with replacement and without a seed, which biases
    them and changes the value from run to run. The line holds for n well above d; ``least`` may be raised to that.

    Raises:
        ValueError: too few rows for that many sizes (nothing else is computed in its stead), or one not finite.

    Source: Chong and Forsyth (2020, arXiv:1911.07023); Gui et al. (2024, arXiv:2311.01616); sizes as fadtk's.
    """
    rows = checked(generated, "generated")
    if rows.shape[1:] != reference.mean.shape:
        raise ValueError(f"features have {rows.shape[1]} dimensions here, {reference.mean.size} there")
    if sizes < 3 or least < 2 or len(rows) < least + sizes - 1:
        needed = f"{max(sizes, 3)} sizes of {max(least, 2)} rows and more take {max(least, 2) + max(sizes, 3) - 1} rows"
        raise ValueError(f"{needed}; the generated set has {len(rows)} for {sizes} sizes from {least}")
    counts = np.linspace(least, len(rows), sizes).astype(np.int64)
    centred, half = rows - reference.mean, factor(reference.covariance)
    projected, spread = centred @ half, float(np.trace(reference.covariance))
    generator = np.random.Generator(np.random.PCG64(seed))
    draws = (generator.choice(len(rows), count, replace=False) for count in counts)
    distances = np.array([_sample_distance(centred[drawn], projected[drawn], spread) for drawn in draws])
    return _line(1.0 / counts, distances)


def _sample_distance(rows: Floats, projected: Floats, spread: float) -> float:
    """Distance of rows (n, d) about the reference's mean; projected (n, d), onto the factor of its covariance."""
    mean = rows.mean(axis=0)
    centred = projected - projected.mean(axis=0)
    product = centred @ centred.T if rank_deficient(*centred.shape) else centred.T @ centred
    own = np.square(rows - mean).sum() / (len(rows) - 1)
    return float(mean @ mean + own + spread - 2.0 * root_trace(product / (len(rows) - 1)))


def _line(inverse: Floats, distances: Floats) -> Extrapolated:
    """The least-squares line of distances (k,) over 1/n (k,); a line without any slope fits perfectly."""
    slope, value = np.polyfit(inverse, distances, 1)
    left = np.square(distances - (slope * inverse + value)).sum()
    total = np.square(distances - distances.mean()).sum()
    return Extrapolated(float(value), float(slope), 1.0 - float(left / total) if total > 0.0 else 1.0)
