"""`make bench`: DESIGN.md's budgets, measured beside a limit or a peer in the same run.

Works on a copy of the project in a temporary folder, with processes of its own on 127.0.0.1,
and ends within a quarter of an hour. The table goes to the terminal, the same as JSON to
var/bench.json. It judges nothing but the budgets, and missing one is not an error.

    __main__        the command line: `python -m tests.bench --only throughput`
    table           rows, how they are judged and printed
    workshop        the copy of the project, and what runs in it, started when first needed
    processes       starting, watching and ending a process
    line, visitor   a lean HTTP client; a person at the web page
    load            open and closed loops, and quantiles
    stock           the peer: Rasa's usual pipeline behind `rasa run`
    part_*          what is measured
    alone_*         what is measured in a process of its own
"""
