"""From features to honest confidences, in numpy.

Kernel ridge regression to the intents: an example speaks for its own intent as far as a
text is near to it in meaning, and a little by shared letter groups. Unlike the softmax of
a classifier the scores stay low for a text that is near to nothing, so a logistic curve
over the score and that of `out-of-scope` says how likely an intent is to be right,
strangers' questions included.

Measured against logistic regression on the same features (kept questions of this project,
top-1 over five languages): 0.89 to 0.86, and it trains in a third of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

OUT_OF_SCOPE = "out-of-scope"
NOT_DANGER = "not-danger"  # trained, so that its examples are no danger; never an answer
DANGER_PREFIX = "danger-"
MOST_EXACT = 14_000  # examples: the kernel matrix of more would take over 800 MB
LANDMARKS = 6_000  # of more examples so many, evenly, stand for the rest
ROWS = 250  # of the kernel matrix computed at once: what is passing must stay small


@dataclass(frozen=True)
class Shape:
    """What was chosen by measurement; nlu/README.md says how to measure again."""

    closeness: float  # of the Gaussian kernel: how fast an example's voice fades
    letter_weight: float  # of shared letter groups beside meaning
    skeleton_weight: float  # of the skeleton's letter groups beside the written ones
    ridge: float
    by_score: float  # confidence = sigmoid(by_score * an intent's score
    by_stranger: float  # + by_stranger * the score of out-of-scope
    at_nothing: float  # + at_nothing)
    by_danger: float  # danger = sigmoid(by_danger * (the scores of all dangers together
    danger_stranger: float  # + danger_stranger * the score of out-of-scope)
    at_no_danger: float  # + at_no_danger)


@dataclass(frozen=True)
class IntentModel:
    intents: list[str]  # the last is `out-of-scope`
    shape: Shape
    mean: np.ndarray  # of the meaning of all examples: what every sentence has in common
    anchors: np.ndarray  # centred meaning of the examples
    voices: np.ndarray  # (anchors, intents)
    rarity: np.ndarray  # of each letter group: a common one says little
    letter_voices: np.ndarray  # (letters, intents)
    prior: np.ndarray

    def scores(self, meaning: np.ndarray, letters: csr_matrix) -> np.ndarray:
        near = _gaussian(_unit(meaning - self.mean), self.anchors, self.shape.closeness)
        by_letters = _weighed(letters, self.rarity, self.shape) @ self.letter_voices
        return near @ self.voices + by_letters + self.prior

    def confidences(self, meaning: np.ndarray, letters: csr_matrix) -> np.ndarray:
        """(texts, intents): how likely each is to be right, by itself: close ones are all high.

        The last column, `out-of-scope`, is what the best leaves of 1.
        """
        scores, shape = self.scores(meaning, letters), self.shape
        known, stranger = scores[:, :-1], scores[:, -1:]
        powers = shape.by_score * known + shape.by_stranger * stranger + shape.at_nothing
        confidences = _sigmoid(powers)
        dangers = [i for i, name in enumerate(self.intents) if name.startswith(DANGER_PREFIX)]
        if dangers:
            confidences[:, dangers] = self._dangers(scores[:, dangers], stranger)
        if NOT_DANGER in self.intents:
            confidences[:, self.intents.index(NOT_DANGER)] = 0.0
        return np.hstack([confidences, 1.0 - confidences.max(axis=1, keepdims=True)])

    def _dangers(self, scores: np.ndarray, stranger: np.ndarray) -> np.ndarray:
        """(texts, dangers): whether it is danger at all is said by all of them together.

        The likeliest has all of that confidence, the others by how near they come to it.
        """
        shape = self.shape
        together = scores.sum(axis=1, keepdims=True) + shape.danger_stranger * stranger
        is_danger = _sigmoid(shape.by_danger * together + shape.at_no_danger)
        first = np.maximum(scores.max(axis=1, keepdims=True), 1e-6)
        return is_danger * np.clip(scores / first, 0.0, 1.0)

    def ranking(self, confidences: np.ndarray, length: int) -> list[tuple[str, float]]:
        best_first = np.argsort(-confidences, kind="stable")[:length]
        return [(self.intents[i], float(confidences[i])) for i in best_first]

    def save(self, path: Path) -> None:
        np.savez(
            path,
            intents=np.array(self.intents),
            mean=self.mean,
            anchors=self.anchors.astype(np.float16),
            voices=self.voices,
            rarity=self.rarity,
            letter_voices=self.letter_voices,
            prior=self.prior,
        )

    @classmethod
    def load(cls, path: Path, shape: Shape) -> IntentModel:
        # allow_pickle=False: a model file can then hold numbers only, and run nothing.
        with np.load(path, allow_pickle=False) as stored:
            return cls(
                intents=[str(intent) for intent in stored["intents"]],
                shape=shape,
                mean=stored["mean"],
                anchors=stored["anchors"].astype(np.float32),
                voices=stored["voices"],
                rarity=stored["rarity"],
                letter_voices=stored["letter_voices"],
                prior=stored["prior"],
            )


def fit(
    meaning: np.ndarray, letters: csr_matrix, intents: Sequence[str], shape: Shape
) -> IntentModel:
    """Learn from examples: rows of features and the intent of each."""
    names = [*sorted(set(intents) - {OUT_OF_SCOPE}), OUT_OF_SCOPE]
    number = {name: i for i, name in enumerate(names)}
    mean = meaning.mean(axis=0).astype(np.float32)
    rarity = _rarity(letters)
    known = _Features(_unit(meaning - mean), _weighed(letters, rarity, shape))
    targets = np.zeros((len(intents), len(names)), dtype=np.float32)
    targets[np.arange(len(intents)), [number[intent] for intent in intents]] = 1.0
    prior = targets.mean(axis=0)
    chosen = known.rows(_landmarks(len(intents)))
    voices = _voices(known, chosen, targets - prior, shape)
    return IntentModel(
        intents=names,
        shape=shape,
        mean=mean,
        anchors=chosen.meaning,
        voices=voices,
        rarity=rarity,
        letter_voices=np.asarray(chosen.letters.T @ voices),
        prior=prior,
    )


@dataclass(frozen=True)
class _Features:
    """Rows ready to be compared: meaning of length 1, letters weighed."""

    meaning: np.ndarray
    letters: csr_matrix

    def __len__(self) -> int:
        return len(self.meaning)

    def rows(self, which: slice | np.ndarray) -> _Features:
        return _Features(self.meaning[which], self.letters[which])


def _rarity(letters: csr_matrix) -> np.ndarray:
    having = np.bincount(letters.indices, minlength=letters.shape[1])
    return (np.log((1 + letters.shape[0]) / (1 + having)) + 1).astype(np.float32)


def _weighed(letters: csr_matrix, rarity: np.ndarray, shape: Shape) -> csr_matrix:
    """Rare groups count more; each half has length 1 times the root of its weight.

    The product of two such rows is then what shared letters add to the kernel.
    """
    values = letters.data * rarity[letters.indices]
    is_bone = letters.indices >= letters.shape[1] // 2
    rows = np.repeat(np.arange(letters.shape[0]), np.diff(letters.indptr))
    halves = 2 * rows + is_bone
    lengths = np.sqrt(np.bincount(halves, values**2, minlength=2 * letters.shape[0]))
    weights = np.where(is_bone, shape.skeleton_weight, 1.0) * shape.letter_weight**0.5
    data = (values * weights / lengths[halves]).astype(np.float32)
    return csr_matrix((data, letters.indices, letters.indptr), letters.shape)


def _landmarks(count: int) -> np.ndarray:
    if count <= MOST_EXACT:
        return np.arange(count)
    return np.linspace(0, count - 1, LANDMARKS).astype(int)


def _voices(known: _Features, chosen: _Features, targets: np.ndarray, shape: Shape) -> np.ndarray:
    own = _kernel(chosen, chosen, shape)
    if len(chosen) == len(known):
        own[np.diag_indices_from(own)] += shape.ridge
        return _solved(own, targets)
    gram, right = shape.ridge * own, np.zeros((len(chosen), targets.shape[1]), np.float32)
    gram[np.diag_indices_from(gram)] += 1e-3  # twins among the landmarks
    for at in range(0, len(known), ROWS):
        part = _kernel(known.rows(slice(at, at + ROWS)), chosen, shape)
        gram += part.T @ part
        right += part.T @ targets[at : at + ROWS]
    return _solved(gram, right)


def _solved(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve for a symmetric positive matrix, in its own memory."""
    from scipy.linalg import cho_factor, cho_solve  # the server starts without it

    # Its transpose is itself, and lies in memory as LAPACK wants it: no copy is made.
    factor = cho_factor(matrix.T, overwrite_a=True, check_finite=False)
    return cho_solve(factor, right, check_finite=False).astype(np.float32)


def _kernel(left: _Features, right: _Features, shape: Shape) -> np.ndarray:
    """Block by block, so that little more than the result is in memory."""
    kernel = np.empty((len(left), len(right)), dtype=np.float32)
    for at in range(0, len(left), ROWS):
        rows = left.rows(slice(at, at + ROWS))
        block = _gaussian(rows.meaning, right.meaning, shape.closeness)
        kernel[at : at + ROWS] = block + (rows.letters @ right.letters.T).toarray()
    return kernel


def _gaussian(left: np.ndarray, right: np.ndarray, closeness: float) -> np.ndarray:
    """exp(-closeness * squared distance) of rows of length 1."""
    return np.exp(2.0 * closeness * (left @ right.T - 1.0))


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def _sigmoid(rows: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-np.clip(rows, -30, 30)))
