"""Rasa graph components of Punte: what turns a sentence into an intent and places.

Run by `rasa train nlu`, `rasa run` and, faster, by train.py and serve.py in this folder.
They import no more of Rasa than its graph, so that no deep learning library is loaded.
"""
