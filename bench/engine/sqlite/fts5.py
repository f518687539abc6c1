"""SQLite's FTS5 as a peer: takes commands as lines of JSON on its input and answers each with one line.

Its own tokenizer cuts the text (unicode61 with diacritics kept), which differs from Unicode's word breaks inside words
such as `3.14` and `don't`, so hits differ a little. Best hits are by its BM25.
"""

import json
import os
import platform
import re
import sqlite3
import sys
import time
from datetime import datetime, timezone

BATCH = 1000
WORD = re.compile(r"\w+")
SCHEMA = """
create table docs(
  rowid integer primary key, id text unique, source text, "primary" text, num_authors integer, created integer);
create index docs_primary on docs("primary");
create index docs_created on docs(created);
create virtual table words using fts5(
  title, text, content='', tokenize="unicode61 remove_diacritics 0", columnsize=1);
"""


def day_ms(day):
    return int(datetime.fromisoformat(day).replace(tzinfo=timezone.utc).timestamp() * 1000)


def quoted(word):
    return '"' + word + '"'


def match_of(task):
    words = WORD.findall(task["text"].lower())
    kind = task["kind"]
    if kind == "phrase":
        return "text : " + quoted(" ".join(words))
    if kind == "prefix":
        return "text : " + quoted(words[0]) + " *"
    return "text : (" + (" AND " if kind == "and" else " OR ").join(map(quoted, words)) + ")"


def statement_of(task, mode):
    """The SQL of a task, and its parameters."""
    where, parameters, join = [], [], ""
    if task["kind"] != "all":
        where.append("words match ?")
        parameters.append(match_of(task))
    wanted = task.get("filter")
    sort = task.get("sort")
    if task["kind"] == "all":
        source = "docs"
    else:
        source = "words" + (" join docs on docs.rowid = words.rowid" if wanted or sort else "")
    if wanted and "value" in wanted:
        where.append('docs."primary" = ?')
        parameters.append(wanted["value"])
    elif wanted:
        where.append("docs.created >= ? and docs.created < ?")
        parameters += [wanted["gte"], wanted["lt"]]
    body = f" from {source} where {' and '.join(where)}"
    if mode == "count":
        return "select count(*)" + body, parameters
    if sort:
        order = f" order by docs.{sort['field']} {sort['order']}"
    else:
        order = "" if task["kind"] == "all" else " order by rank"
    row = "docs.rowid" if task["kind"] == "all" else "words.rowid"
    return f"select {row}" + body + order + " limit 10", parameters


class Peer:
    def __init__(self):
        self.database = None
        self.path = None
        self.tasks = []

    def hello(self, _):
        return {
            "peer": "sqlite-fts5",
            "version": sqlite3.sqlite_version,
            "access": f"Python {platform.python_version()}, a file, 512 MB of cache",
            "offers": ["or", "and", "phrase", "prefix", "all", "filter", "sort"],
        }

    def index(self, command):
        self.path = os.path.join(command["folder"], "fts5.db")
        os.makedirs(command["folder"], exist_ok=True)
        if self.database:
            self.database.close()
        if os.path.exists(self.path):
            os.remove(self.path)
        self.database = sqlite3.connect(self.path)
        self.database.executescript("pragma journal_mode=off; pragma synchronous=off; pragma cache_size=-524288;" + SCHEMA)
        wall = cpu = 0.0
        count = 0
        with open(command["corpus"], encoding="utf-8") as corpus:
            while count < command["count"]:
                lines = [line for _, line in zip(range(min(BATCH, command["count"] - count)), corpus)]
                if not lines:
                    break
                documents = [json.loads(line) for line in lines]
                rows = [
                    (count + i, d["id"], line, d["primary"], d["num_authors"], day_ms(d["created"]))
                    for i, (d, line) in enumerate(zip(documents, lines))
                ]
                words = [(count + i, d["title"], d["text"]) for i, d in enumerate(documents)]
                wall_start, cpu_start = time.perf_counter(), time.process_time()
                self.database.executemany("insert or replace into docs values(?,?,?,?,?,?)", rows)
                self.database.executemany("insert into words(rowid, title, text) values(?,?,?)", words)
                wall += time.perf_counter() - wall_start
                cpu += time.process_time() - cpu_start
                count += len(lines)
        wall_start, cpu_start = time.perf_counter(), time.process_time()
        self.database.commit()
        wall += time.perf_counter() - wall_start
        cpu += time.process_time() - cpu_start
        return {**self.state(), "docs": count, "wallMs": wall * 1e3, "cpuMs": cpu * 1e3, "heapBytes": 0}

    def merge(self, _):
        self.database.execute("insert into words(words) values('optimize')")
        self.database.commit()
        return self.state()

    def state(self):
        live = self.database.execute("select count(*) from docs").fetchone()[0]
        return {"segments": 1, "liveDocs": live, "bytes": os.path.getsize(self.path)}

    def set_tasks(self, command):
        self.tasks = command["tasks"]
        return {}

    def search(self, command):
        mode, budget = command["mode"], command["budgetMs"] / 1e3
        micros = [float("inf")] * len(self.tasks)
        hits = [0] * len(self.tasks)
        count = len(self.tasks)
        begin = time.perf_counter()
        for turn in range(command["passes"]):
            if turn > 0 and time.perf_counter() - begin > budget:
                break
            for i, task in enumerate(self.tasks[:count]):
                start = time.perf_counter()
                found = self.database.execute(*statement_of(task, mode)).fetchall()
                hits[i] = found[0][0] if mode == "count" else len(found)
                end = time.perf_counter()
                micros[i] = min(micros[i], (end - start) * 1e6)
                if turn == 0 and end - begin > budget:
                    count = i + 1
                    break
        return {"micros": micros[:count], "hits": hits[:count]}


def main():
    peer = Peer()
    actions = {"hello": peer.hello, "index": peer.index, "merge": peer.merge, "tasks": peer.set_tasks, "search": peer.search}
    for line in sys.stdin:
        command = json.loads(line)
        try:
            action = actions.get(command["do"])
            answer = action(command) if action else {"error": f"this peer cannot {command['do']}"}
        except Exception as error:  # the answer is how the other side learns of it
            answer = {"error": repr(error)}
        print(json.dumps(answer), flush=True)


main()
