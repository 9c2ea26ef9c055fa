"""Tests of nlu/components, run by test_components.py in Rasa's own Python (unittest only)."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import numpy as np
from components.chars import fold, hashed_ngrams, skeleton
from components.classifier import MEASURED
from components.encoder import DIMENSIONS, ENCODER, EmbeddingCache
from components.intent_model import OUT_OF_SCOPE, IntentModel, fit
from components.places import PlaceLookup

TEXTS = {
    "wage": ["what is the minimum wage", "how much is the lowest pay", "яка мінімальна зарплата"],
    "asylum": ["where do i ask for asylum", "how to become a refugee", "де просити притулок"],
    OUT_OF_SCOPE: ["who won the football match", "play some music", "розкажи анекдот"],
}


class Counting:
    """An encoder that says how much it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: list[str]) -> np.ndarray:
        self.asked += texts
        return np.full((len(texts), DIMENSIONS), len(self.asked), dtype=np.float32)


class Encoder(unittest.TestCase):
    def test_the_same_meaning_in_two_languages_is_near(self) -> None:
        english, ukrainian, strange = ENCODER.encode(
            ["minimum wage", "мінімальна зарплата", "my dog likes sausages"]
        )
        self.assertGreater(english @ ukrainian, english @ strange)
        self.assertAlmostEqual(float(english @ english), 1.0, places=3)

    def test_odd_texts_are_encoded(self) -> None:
        rows = ENCODER.encode(["", "\0", "😀", "a" * 5000])
        self.assertTrue(np.isfinite(rows).all())

    def test_a_phrase_is_embedded_once(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path, encoder = Path(folder) / "e.npz", Counting()
            first = EmbeddingCache(path, encoder)
            first.encode(["one", "two"])
            first.save()
            second = EmbeddingCache(path, encoder)
            rows = second.encode(["two", "three", "two"])
            self.assertEqual(encoder.asked, ["one", "two", "three"])
            np.testing.assert_array_equal(rows[0], rows[2])
            second.save()
            third = EmbeddingCache(path, encoder)
            third.encode(["one"])  # not used last time, so forgotten
            self.assertEqual(encoder.asked[-1], "one")

    def test_a_broken_cache_is_only_a_cache(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "e.npz"
            path.write_bytes(b"no zip file")
            self.assertEqual(EmbeddingCache(path, Counting()).encode(["x"]).shape, (1, DIMENSIONS))


class Letters(unittest.TestCase):
    def test_one_word_in_two_scripts_has_one_skeleton(self) -> None:
        for written in (("محامي", "m7ami", "mohamy"), ("юрист", "yuryst"), ("хліб", "khlib")):
            self.assertEqual(len({skeleton(fold(word)) for word in written}), 1, written)

    def test_rows_tell_texts_apart_and_forgive_a_misspelling(self) -> None:
        right, wrong, other = hashed_ngrams(["accommodation", "acomodation", "salary"], 2048)
        self.assertGreater((right @ wrong.T).sum(), (right @ other.T).sum())

    def test_a_text_without_letters_is_nothing(self) -> None:
        self.assertEqual(hashed_ngrams(["", "?!", "😀"], 64).nnz, 0)


class Intents(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        texts = [text for some in TEXTS.values() for text in some]
        intents = [intent for intent, some in TEXTS.items() for _ in some]
        cls.model = fit(ENCODER.encode(texts), hashed_ngrams(texts, 256), intents, MEASURED)

    def confidences(self, text: str) -> dict[str, float]:
        row = self.model.confidences(ENCODER.encode([text]), hashed_ngrams([text], 256))[0]
        return dict(self.model.ranking(row, 10))

    def test_confidences_are_probabilities_best_first(self) -> None:
        found = self.confidences("what is the minimum wage")
        self.assertEqual(max(found, key=lambda name: found[name]), next(iter(found)))
        self.assertTrue(all(0.0 <= value <= 1.0 for value in found.values()))

    def test_an_example_is_known_and_a_stranger_is_not(self) -> None:
        known = self.confidences("where do i ask for asylum")
        self.assertEqual(next(iter(known)), "asylum")
        self.assertGreater(known["asylum"], self.confidences("who won the match")["asylum"])
        self.assertEqual(next(iter(self.confidences("who won the football game"))), OUT_OF_SCOPE)

    def test_a_model_comes_back_from_disk_as_it_was(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "m.npz"
            self.model.save(path)
            again = IntentModel.load(path, MEASURED)
        features = ENCODER.encode(["lowest pay"]), hashed_ngrams(["lowest pay"], 256)
        np.testing.assert_allclose(
            again.confidences(*features), self.model.confidences(*features), atol=0.01
        )


class Places(unittest.TestCase):
    def setUp(self) -> None:
        names = {
            "country:RO": ["Romania", "România", "Румунія"],
            "country:HU": ["Hungary", "Magyarország", "Угорщина"],
            "country:GB": ["United Kingdom"],
            "language:ro": ["Romanian", "română"],
            "city:Timișoara": ["Timișoara"],
        }
        self.lookup = PlaceLookup.__new__(PlaceLookup)
        from components.places import _names, _stems

        self.lookup._names = _names([{"name": n, "elements": e} for n, e in names.items()])
        self.lookup._stems = _stems(self.lookup._names)

    def found(self, text: str) -> list[tuple[str, str, str]]:
        return [
            (place["entity"], place["value"], text[place["start"] : place["end"]])
            for place in self.lookup.find(text)
        ]

    def test_names_are_found_as_people_write_them(self) -> None:
        for text, expected in {
            "work in HUNGARY?": ("country", "HU", "HUNGARY"),
            "în România, da": ("country", "RO", "România"),
            "în Romania.": ("country", "RO", "Romania"),
            "from the United Kingdom": ("country", "GB", "United Kingdom"),
            "a Romanian course": ("language", "ro", "Romanian"),
            "timisoara": ("city", "Timișoara", "timisoara"),
        }.items():
            self.assertEqual(self.found(text), [expected], text)

    def test_endings_of_a_name_are_forgiven(self) -> None:
        for word, value in {
            "României": "RO",
            "в Румунії": "RO",
            "Magyarországon": "HU",
            "Угорщині": "HU",
        }.items():
            self.assertEqual([place[1] for place in self.found(word)], [value], word)

    def test_ordinary_words_are_no_places(self) -> None:
        self.assertEqual(self.found("romantic hungry united"), [])


if __name__ == "__main__":
    unittest.main()
