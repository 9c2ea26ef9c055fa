"""The counsellors' web console, server-rendered, usable with no script.

    signin, passwords, totp    who is there
    access, guard              what they may do, and what stands in front of every request
    routes                     the one table of all addresses under /desk
    pages, words               drawing a page, and its words
    queue_page, case_page, phrase_panel, my_day    what the pages show and do
    stream                     what changes while a page is open

Calls `handoff` for every change of a case; never talks to a channel or to the dialogue.
"""
