"""Punte: answers migrants' questions from reviewed content, and brings them to a person.

A message travels channels -> intake -> dialogue -> storage -> delivery -> channels.
`app.py` knows every part; no other module does.
"""
