#!/usr/bin/env python3
"""Checks a folder that `lrq export` wrote, by docs/evidence.md and nothing of lrq.

python3 verify.py FOLDER [HASH]: HASH is that of a seal, or the head of the custody chain, as kept
elsewhere. Exit code 0: all is well, 1: something is wrong, 2: not to be run like this.
"""

import datetime
import gzip
import hashlib
import json
import os
import re
import stat
import sys

ZEROS = "0" * 64
HASH = re.compile(r"[0-9a-f]{64}\Z")
SUM_LINE = re.compile(r"([0-9a-f]{64})  ([\w./-]+)\Z", re.ASCII)
READING = re.compile(r"(\S+) sha256 ([0-9a-f]{64})\Z")
SEQUENCE = re.compile(r"([0-9a-z]{20})\.([0-9a-z]{12})\Z")
TEXT_BYTES_MAX = 2**28
PIECE_BYTES = 2**20
CLOCKS_S = 60
# A function of lrq runs for five minutes at most, and writes with the time at which it began.
LATE_S = 300 + CLOCKS_S
ID_CHARACTERS = 100
TARGET_CHARACTERS = 255
PLAIN = re.compile(r"[ -~]*\Z")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z", re.ASCII)
EVENTS = set(
    """
    accepted retried claimed submitted unconfirmed adopted givenBack refused cancelAsked
    cancelSent ranLate impersonation ended paused resumed evidenceRead callbacksReplayed
    collectAsked approved waveEnded runPaused runResumed libraryDrift libraryMended
    libraryChanged sweepApplied sweepDeleted sweepPaused sweepResumed roundStarted roundSkipped
    roundPaused roundResumed roundClosed roundRerun roundEnded
    """.split()
)
FINAL = {"succeeded", "failed", "timedOut", "cancelled", "expired", "refused"}
STATES = FINAL | {"waiting", "claimed", "unconfirmed", "submitted"}
findings = []


def found(where, what):
    findings.append(f"{where}: {what}")


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def indented(value):
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def sha256(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_text(value):
    return isinstance(value, str)


def is_list(value):
    return isinstance(value, list)


def is_one(value):
    return is_count(value) and value == 1


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def is_offset(value):
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53


def is_flag(value):
    return isinstance(value, bool)


def is_hash(value):
    return isinstance(value, str) and HASH.match(value) is not None


def is_instant(value):
    if not isinstance(value, str) or not INSTANT.match(value):
        return False
    try:
        datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        return False
    return True


def misfit(value, form, path=""):
    """The first place where a value has not its form; None if it has. A form is one of these: the
    members of an object, a list with the form of each element, a set of words, a tuple of forms of
    which one has to fit, None, or a function."""
    if isinstance(form, tuple):
        places = [misfit(value, each, path) for each in form]
        return None if None in places else max(places, key=len)
    if isinstance(form, dict):
        if not isinstance(value, dict):
            return path or "all of it"
        for name in [*form, *value]:
            place = f"{path}.{name}" if path else name
            if name not in form or name not in value:
                return place
            inner = misfit(value[name], form[name], place)
            if inner is not None:
                return inner
        return None
    if isinstance(form, list):
        if not isinstance(value, list):
            return path
        places = (misfit(each, form[0], f"{path}.{at}") for at, each in enumerate(value))
        return next((place for place in places if place is not None), None)
    if isinstance(form, set):
        return None if isinstance(value, str) and value in form else path
    if form is None:
        return None if value is None else path
    return None if form(value) else path


TEXT_OR_NONE = (is_text, None)
TIME_OR_NONE = (is_instant, None)
COUNT_OR_NONE = (is_count, None)
HASH_OR_NONE = (is_hash, None)
LINK = {"v": is_count, "number": is_count, "previous": is_hash, "hash": is_hash}
END = {"count": is_count, "head": is_hash}
PROFILE = {"name": is_text, "version": is_count, "hash": is_text}
COMMAND = (
    {"type": {"RunScript"}, "scriptName": is_text, "args": TEXT_OR_NONE, "scriptSha256": HASH_OR_NONE},
    {"type": {"GetFile"}, "path": is_text},
)
LIBRARY = {
    "pinned": is_flag,
    "listedAt": TIME_OR_NONE,
    "files": [{"name": is_text, "sha256": HASH_OR_NONE}],
    "changedAt": TIME_OR_NONE,
}
ENTRY = {
    **LINK,
    **dict.fromkeys(["runId", "source", "incidentId", "sequenceId", "machineId"], is_text),
    "machineName": TEXT_OR_NONE,
    "machineActionId": is_text,
    "part": is_count,
    "commandIndex": is_count,
    "command": COMMAND,
    "profile": PROFILE,
    "requestedBy": is_text,
    "approvedBy": ([is_text], None),
    "requestedAt": is_instant,
    **dict.fromkeys(["submittedAt", "startedAt", "endedAt"], TIME_OR_NONE),
    "collectedAt": is_instant,
    "clockOffset": ({"ms": is_offset, "withinMs": is_count}, None),
    "storedAs": is_text,
    "servedName": TEXT_OR_NONE,
    "size": is_count,
    "sha256": is_hash,
    "content": ({"encoding": {"gzip"}, "size": is_count, "sha256": is_hash}, None),
    "lrqVersion": is_text,
    "lrqCommit": is_text,
}
RECORD = {
    **LINK,
    "chain": is_text,
    "at": is_instant,
    "event": EVENTS,
    "by": TEXT_OR_NONE,
    "sequences": [{"sequenceId": is_text, "machineActionId": TEXT_OR_NONE}],
    "detail": is_text,
}
DECISION = {
    **LINK,
    "sequenceId": is_text,
    "queueNumber": is_count,
    "at": is_instant,
    "event": EVENTS,
    "by": TEXT_OR_NONE,
    "machineActionIds": [is_text],
    "detail": is_text,
}
RESULT = {
    "state": {"owed", "stored", "unavailable"},
    "storedAs": TEXT_OR_NONE,
    "size": COUNT_OR_NONE,
    "sha256": HASH_OR_NONE,
    "detail": TEXT_OR_NONE,
}
ASKED = {
    "part": is_count,
    "index": is_count,
    "type": {"PutFile", "RunScript", "GetFile"},
    "target": is_text,
    "status": is_text,
    "errors": [is_text],
    "result": (RESULT, None),
}


def entry_form(entry):
    return {**ENTRY, "library": (LIBRARY, None)} if entry["v"] == 2 else ENTRY


def statement_form(version):
    sequence = {
        "sequenceId": is_text,
        "machineId": is_text,
        "machineName": TEXT_OR_NONE,
        "profile": PROFILE,
        "state": STATES,
        "outcome": ({"code": is_text, "detail": is_text}, None),
        "cancel": ({"by": is_text, "why": is_text, "at": is_instant}, None),
        "approvedBy": [is_text],
        "acceptedAt": is_instant,
        "submittedAt": TIME_OR_NONE,
        "endedAt": TIME_OR_NONE,
        "machineActionId": TEXT_OR_NONE,
        "commands": [ASKED],
    }
    if version >= 2:
        sequence["requestedBy"] = is_text
    if version >= 3:
        sequence["decisions"] = (END, None)
    return {
        "v": is_count,
        "runId": is_text,
        "seal": ({"number": is_count, "previous": is_hash}, None),
        "at": is_instant,
        "finishedAt": TIME_OR_NONE,
        **dict.fromkeys(["source", "incidentId", "requestedBy"], is_text),
        "requestedAt": is_instant,
        "accepted": is_count,
        "custody": END,
        "audit": END,
        "queue": (END, None),
        "profiles": [PROFILE],
        "sequences": [sequence],
        "skipped": [{"machine": is_text, "reason": is_text}],
    }


def plain_files(folder):
    for below, folders, names in os.walk(folder, followlinks=False):
        for name in folders + names:
            path = os.path.join(below, name)
            mode = os.lstat(path).st_mode
            relative = os.path.relpath(path, folder).replace(os.sep, "/")
            if stat.S_ISREG(mode):
                yield relative
            elif not stat.S_ISDIR(mode):
                found(relative, "is not a plain file")


def read_text(folder, name, present):
    path = os.path.join(folder, name)
    if name not in present:
        found(name, "is missing, or is not a plain file")
    elif os.path.getsize(path) > TEXT_BYTES_MAX:
        found(name, "is too large")
    else:
        try:
            with open(path, encoding="utf-8", newline="") as file:
                return file.read()
        except UnicodeDecodeError:
            found(name, "is not UTF-8")
    return None


def read_json(text):
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def hash_stream(file):
    digest, size = hashlib.sha256(), 0
    while piece := file.read(PIECE_BYTES):
        digest.update(piece)
        size += len(piece)
    return size, digest.hexdigest()


def check_chain(where, links, chain_of, chain_id, form_of, versions=(1,)):
    """A chain, which ends where a link has not the form of one; gives its hashes."""
    hashes = [ZEROS]
    for number, link in enumerate(links, 1):
        if not isinstance(link, dict) or link.get("v") not in versions:
            found(where, f"link {number} is of no version that this program knows")
            break
        wrong = misfit(link, form_of(link))
        if wrong is not None:
            found(where, f"link {number} is not of the form that lrq writes: {wrong}")
            break
        rest = {name: value for name, value in link.items() if name != "hash"}
        if link.get("number") != number or link.get("previous") != hashes[-1]:
            found(where, f"link {number} does not follow the one before it")
        if link.get("hash") != sha256(canonical(rest)):
            found(where, f"link {number} was changed after it was chained")
        if link.get(chain_of) != chain_id:
            found(where, f"link {number} belongs to another {chain_of}")
        hashes.append(link.get("hash"))
    return hashes


def check_sums(folder, present, digests):
    text = read_text(folder, "SHA256SUMS", present)
    if text is None:
        return
    lines = text.split("\n")
    matches = [SUM_LINE.match(line) for line in lines[:-1]]
    if lines[-1] != "" or not all(matches):
        return found("SHA256SUMS", "has a line that is none of sha256sum")
    sums = {match[2]: match[1] for match in matches}
    if [match[2] for match in matches] != sorted(sums):
        found("SHA256SUMS", "is not in the order of the names")
    for path in sorted(sums.keys() | digests.keys()):
        if sums.get(path) != digests.get(path, (0, None))[1]:
            found(path, "is not in the folder and in SHA256SUMS with the same hash")


def check_results(folder, entries, digests, others):
    for number, entry in enumerate(entries, 1):
        ids = SEQUENCE.match(str(entry.get("sequenceId")))
        path = ids and f"{ids[1]}/{ids[2]}/{entry.get('part')}-{entry.get('commandIndex')}.bin"
        if path is None or path != entry.get("storedAs"):
            found("manifest.json", f"entry {number} names a file it cannot name")
        elif digests.get(path) != (entry.get("size"), entry.get("sha256")):
            found(path, f"is not in the folder with the size and hash of entry {number}")
        elif entry.get("content") and not holds(os.path.join(folder, path), entry["content"]):
            found(path, f"holds something else in its gzip layer than entry {number} says")
    known = others | {entry.get("storedAs") for entry in entries}
    for path in digests.keys() - known:
        found(path, "is in no entry of the manifest")


def holds(path, content):
    try:
        with gzip.open(path) as file:
            return hash_stream(file) == (content.get("size"), content.get("sha256"))
    except (OSError, EOFError, ValueError):
        return False


def read_statement(folder, name, present):
    text = read_text(folder, name, present)
    statement = None if text is None else read_json(text)
    if not isinstance(statement, dict) or statement.get("v") not in (1, 2, 3):
        found(name, "is not a statement of version 1, 2 or 3")
        return None, None
    wrong = misfit(statement, statement_form(statement["v"]))
    if wrong is not None:
        found(name, f"is not of the form that lrq writes: {wrong}")
        return None, None
    if text != canonical(statement):
        found(name, "is not written as lrq writes it")
    return statement, sha256(text)


def read_statements(folder, present):
    """The statements by their files, in their order; the last is what is said of the run now."""
    statements, previous, number = {}, ZEROS, 1
    while f"seal-{number}.json" in present:
        name = f"seal-{number}.json"
        statement, digest = read_statement(folder, name, present)
        if statement is None:
            return {}
        if statement.get("seal") != {"number": number, "previous": previous}:
            found(name, "does not name itself and the seal before it")
        if statement.get("finishedAt") is None:
            found(name, "seals a run that had not finished")
        statements[name] = (statement, digest)
        previous, number = digest, number + 1
    if "unsealed.json" in present:
        statement, _ = read_statement(folder, "unsealed.json", present)
        if statement is not None and statement.get("seal") is not None:
            found("unsealed.json", "says that it is a seal")
        if statement is not None:
            statements["unsealed.json"] = (statement, None)
    return statements


def check_statement(name, statement, run_id, chains):
    if statement.get("runId") != run_id:
        found(name, "is of another run")
    check_sequences(name, statement)
    for kind, hashes in chains.items():
        check_end(name, statement[kind], kind, hashes)


def check_sequences(name, statement):
    """Whether what a statement says of all its sequences fits what it says of each."""
    sequences = statement["sequences"]
    if statement["accepted"] != len(sequences):
        found(name, f"has {len(sequences)} of {statement['accepted']} sequences")
    if len({each["sequenceId"] for each in sequences}) != len(sequences):
        found(name, "has a sequence twice")
    used = {canonical(each["profile"]) for each in sequences}
    if sorted(map(canonical, statement["profiles"])) != sorted(used):
        found(name, "has other profiles than its sequences")
    for each in sequences:
        if statement["seal"] is not None and each["state"] not in FINAL:
            found(name, f"seals {each['sequenceId']}, which is {each['state']}")
    finished = statement["finishedAt"]
    if finished is not None:
        late = all(in_order([each["endedAt"], finished], LATE_S) for each in sequences)
        if not late or not in_order([finished, statement["at"]]):
            found(name, "has the time when the run finished in no possible order")


def check_end(name, end, kind, hashes):
    count, head = end["count"], end["head"]
    if count >= len(hashes):
        found(name, f"ends at link {count} of {kind}, which is not in the folder: it was cut off")
    elif hashes[count] != head:
        found(name, f"has another hash of link {count} of {kind}: it was written anew")


def check_decisions(folder, present, statements):
    """What the queue decided: a chain for each sequence, whose end every statement names. Gives
    the chains as far as they can be read."""
    last = list(statements.values())[-1][0]
    text = read_text(folder, "decisions.jsonl", present) if last["v"] >= 3 else None
    if text is None:
        return {}
    links = [read_json(line) for line in text.split("\n")[:-1]]
    if not all(isinstance(link, dict) for link in links):
        found("decisions.jsonl", "has a line that is no decision")
        return {}
    chains = {each["sequenceId"]: [] for each in last["sequences"] if each["decisions"] is not None}
    for link in links:
        if link.get("sequenceId") in chains:
            chains[link["sequenceId"]].append(link)
    if text != lines_of([link for chain in chains.values() for link in chain]):
        found("decisions.jsonl", "is not what lrq writes of the sequences that have a complete chain")
    hashes = {}
    for sequence_id, chain in chains.items():
        where = f"decisions.jsonl: {sequence_id}"
        hashes[sequence_id] = check_chain(where, chain, "sequenceId", sequence_id, lambda _: DECISION)
        del chain[len(hashes[sequence_id]) - 1 :]
        numbers = [0] + [link["queueNumber"] for link in chain]
        if any(number >= later for number, later in zip(numbers, numbers[1:])):
            found(where, "has decisions that are not in the order of the queue's log")
    silent = {each["sequenceId"] for each in last["sequences"]} - chains.keys()
    for name, (statement, _) in statements.items():
        for each in statement["sequences"] if statement["v"] >= 3 else []:
            if each["decisions"] is not None and each["sequenceId"] not in silent:
                kind = f"the decisions about {each['sequenceId']}"
                check_end(name, each["decisions"], kind, hashes.get(each["sequenceId"], [ZEROS]))
    return chains


def check_endings(name, statement, records, chains):
    """Whether decisions and log tell of the same ends and actions as the statement."""
    in_run = {}
    for record in records[: statement["audit"]["count"]]:
        for each in record["sequences"] if record["event"] in ("ended", "refused") else []:
            ids = [each["machineActionId"]] if each["machineActionId"] is not None else []
            in_run.setdefault(each["sequenceId"], []).append(("audit.jsonl", record["detail"], ids))
    for each in statement["sequences"]:
        if each["sequenceId"] in chains:
            links = chains[each["sequenceId"]][: each["decisions"]["count"]]
            claimed = any(link["event"] == "claimed" for link in links)
            if each["submittedAt"] is not None and not claimed:
                said = f"has no claim of {each['sequenceId']}, which {name} says was submitted"
                found("decisions.jsonl", said)
            ends = [
                ("decisions.jsonl", link["detail"], link["machineActionIds"])
                for link in links
                if link["event"] in ("ended", "refused")
            ]
            ends += in_run.get(each["sequenceId"], [])
            for end in ends:
                check_ending(name, each, *end)
            if each["state"] in FINAL and not ends:
                said = f"has no end of {each['sequenceId']}, which is {each['state']} in {name}"
                found("decisions.jsonl", said)


def check_ending(name, sequence, where, detail, ids):
    sequence_id, state, outcome = sequence["sequenceId"], sequence["state"], sequence["outcome"]
    same = detail == state if outcome is None else detail.startswith(f"{state}, {outcome['code']}: ")
    if not same:
        found(where, f"has another end of {sequence_id} than {name}, where it is {state}")
    action = sequence["machineActionId"]
    if ids != ([] if action is None else [action[:ID_CHARACTERS]]):
        found(where, f"has the end of another action of {sequence_id} than {name}")


def lines_of(records):
    lines = [json.dumps(each, separators=(",", ":"), ensure_ascii=False) + "\n" for each in records]
    return "".join(lines)


def in_order(instants, slack=CLOCKS_S):
    known = [
        datetime.datetime.strptime(each, "%Y-%m-%dT%H:%M:%S.%fZ").timestamp()
        for each in instants
        if each is not None
    ]
    return all(one - slack <= next_one for one, next_one in zip(known, known[1:]))


def request_of(statement, sequence):
    """Who asked for a sequence, and when: with the run, or later and by somebody else."""
    own = sequence.get("requestedBy", statement["requestedBy"])
    joined = own != statement["requestedBy"]
    return {"requestedBy": own, "requestedAt": sequence["acceptedAt"] if joined else statement["requestedAt"]}


def check_entries(name, statement, entries):
    sequences = {each["sequenceId"]: each for each in statement["sequences"]}
    stored = {
        command["result"]["storedAs"]: command["result"]
        for each in sequences.values()
        for command in each["commands"]
        if command["result"] and command["result"]["state"] == "stored"
    }
    before = None
    for number, entry in enumerate(entries, 1):
        sequence = sequences.get(entry["sequenceId"])
        if sequence is None:
            found(name, f"does not know the sequence of entry {number}")
            continue
        result = stored.pop(entry["storedAs"], {})
        if (result.get("size"), result.get("sha256")) != (entry["size"], entry["sha256"]):
            found("manifest.json", f"entry {number} has another size or hash than {name}")
        if not is_of_command(entry, sequence):
            found("manifest.json", f"entry {number} has another command than {name}")
        said = {key: statement[key] for key in ("runId", "source", "incidentId")}
        said.update(request_of(statement, sequence))
        said.update({key: sequence[key] for key in ("machineId", "profile", "approvedBy")})
        # Results of an earlier part can be stored before the next part has its action.
        if all(each["part"] <= entry["part"] for each in sequence["commands"]):
            own = ("machineName", "machineActionId", "submittedAt")
            said.update({key: sequence[key] for key in own})
        for member, value in said.items():
            unknown = member == "approvedBy" and entry[member] is None
            if entry[member] != value and not unknown:
                found("manifest.json", f"entry {number} has another {member} than {name}")
        ours = [entry["requestedAt"], entry["submittedAt"], entry["collectedAt"]]
        if not in_order(ours) or not in_order([before, entry["collectedAt"]]):
            found("manifest.json", f"entry {number} has its times in no possible order")
        before = entry["collectedAt"]
    for path in stored:
        found(name, f"knows {path}, which no entry of the manifest has")


def is_of_command(entry, sequence):
    """A target with other than plain characters is not compared: a statement shows them as signs."""
    place = (entry["part"], entry["commandIndex"])
    command = entry["command"]
    target = command["scriptName"] if command["type"] == "RunScript" else command["path"]
    return any(
        (each["part"], each["index"], each["type"]) == (*place, command["type"])
        and (each["target"] == target[:TARGET_CHARACTERS] or not PLAIN.match(target))
        and each["result"] is not None
        and each["result"]["storedAs"] == entry["storedAs"]
        for each in sequence["commands"]
    )


def check_story(name, statement, entries, records):
    check_entries(name, statement, entries)
    asking = ("accepted", "retried")
    requesters = {record["by"] for record in records if record["event"] in asking}
    for each in statement["sequences"]:
        by = each.get("requestedBy", statement["requestedBy"])
        if by != statement["requestedBy"] and by not in requesters:
            found("audit.jsonl", f"has no request by {by}, who asked for {each['sequenceId']}")
        for by in each["approvedBy"]:
            check_approval(by, each, records)
        # An action whose POST got no answer may have been known only after its end.
        for at in (each["submittedAt"], each["endedAt"]):
            if in_order([each["acceptedAt"], at, statement["at"]]):
                continue
            found(name, f"has the times of {each['sequenceId']} in no possible order")
    accepted = [record for record in records if record["event"] == "accepted"]
    if not accepted:
        found("audit.jsonl", "does not say that the run was accepted")
    elif accepted[0]["by"] != statement["requestedBy"]:
        found("audit.jsonl", f"names {accepted[0]['by']}, not {statement['requestedBy']}")
    for before, record in zip(records, records[1:]):
        if not in_order([before["at"], record["at"]], LATE_S):
            found("audit.jsonl", f"record {record['number']} is earlier than the one before it")


def check_approval(by, sequence, records):
    own = [each["at"] for each in records if each["event"] == "approved" and each["by"] == by]
    sequence_id = sequence["sequenceId"]
    if not own:
        found("audit.jsonl", f"has no approval by {by}, who approved {sequence_id}")
    elif not any(in_order([at, sequence["submittedAt"]]) for at in own):
        found("audit.jsonl", f"has the approval by {by} after {sequence_id} was submitted")


def check_readings(entries, records):
    hashes = {entry["storedAs"]: entry["sha256"] for entry in entries}
    for record in records:
        reading = READING.match(record["detail"]) if record["event"] == "evidenceRead" else None
        if reading and hashes.get(reading[1]) != reading[2]:
            found("audit.jsonl", f"record {record['number']} tells of {reading[1]} with another hash")


def expected_index(run_id, entries, hashes, statements):
    audit = {"count": len(hashes) - 1, "head": hashes[-1]}
    files = [
        {"path": entry["storedAs"]}
        | {key: entry[key] for key in ("machineId", "machineName", "command", "servedName", "size")}
        for entry in entries
    ]
    if not statements:
        return {"v": 1, "runId": run_id, "audit": audit, "files": files}
    last = list(statements.values())[-1][0]
    members = ("sequenceId", "machineId", "machineName", "profile", "state", "outcome")
    return {
        "v": 2,
        "runId": run_id,
        "audit": audit,
        "state": "unsealed" if last["seal"] is None else "sealed",
        "seals": [{"path": name, "hash": one[1]} for name, one in statements.items() if one[1]],
        "sequences": [
            {key: each[key] for key in members} | {"left": left_by(each)} for each in last["sequences"]
        ],
        "skipped": last["skipped"],
        "files": files,
    }


def left_by(sequence):
    return [
        command["target"]
        for command in sequence["commands"]
        if command["type"] == "PutFile" and command["status"] == "Completed"
    ]


def verify(folder, expected):
    present = set(plain_files(folder))
    digests = {}
    for path in present - {"SHA256SUMS"}:
        with open(os.path.join(folder, path), "rb") as file:
            digests[path] = hash_stream(file)
    check_sums(folder, present, digests)
    text = read_text(folder, "manifest.json", present)
    manifest = read_json(text) if text else None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("entries"), list):
        return found("manifest.json", "is not a manifest of version 1")
    members = {"v": is_one, "runId": is_text, "head": is_text, "entries": is_list}
    if text != indented(manifest) or misfit(manifest, members) is not None:
        found("manifest.json", "is not written as lrq writes it")
    run_id, entries = manifest.get("runId"), manifest["entries"]
    custody = check_chain("manifest.json", entries, "runId", run_id, entry_form, (1, 2))
    if custody[-1] != manifest.get("head"):
        found("manifest.json", "does not end at its head")
    log = read_text(folder, "audit.jsonl", present) or ""
    records = [read_json(line) for line in log.split("\n")[:-1]]
    if log != lines_of(records):
        found("audit.jsonl", "is not written as lrq writes it")
    audit = check_chain("audit.jsonl", records, "chain", run_id, lambda _: RECORD)
    if len(custody) <= len(entries) or len(audit) <= len(records):
        return  # The rest reads what is not there.
    statements = read_statements(folder, present)
    others = {"manifest.json", "audit.jsonl", "index.json", *statements}
    if statements and list(statements.values())[-1][0]["v"] >= 3:
        others.add("decisions.jsonl")
    check_results(folder, entries, digests, others)
    for name, (statement, _) in statements.items():
        check_statement(name, statement, run_id, {"custody": custody, "audit": audit})
    check_readings(entries, records)
    if statements:
        name, (last, _) = list(statements.items())[-1]
        if last["custody"]["count"] != len(entries):
            found(name, f"covers {last['custody']['count']} of {len(entries)} custody entries")
        check_story(name, last, entries, records)
        chains = check_decisions(folder, present, statements)
        check_endings(name, last, records, chains)
    index = read_text(folder, "index.json", present)
    value = indented(expected_index(run_id, entries, audit, statements))
    # Members of a seal are sorted, those of an index are not: the values are compared.
    if index is not None and (read_json(index) != read_json(value) or indented(read_json(index)) != index):
        found("index.json", "is not what follows from the manifest and the seals")
    seals = [digest for _, digest in statements.values() if digest]
    if expected is not None and expected not in [*seals, manifest.get("head")]:
        found("manifest.json", f"neither a seal nor the custody chain has the expected hash {expected}")
    if not findings:
        tell(run_id, seals, statements, manifest["head"], expected)


def tell(run_id, seals, statements, head, expected):
    last = list(statements.values())[-1][0] if statements else {"sequences": []}
    undecided = sum(each.get("decisions") is None for each in last["sequences"])
    sealed = bool(statements) and "unsealed.json" not in statements
    print(f"ok   run {run_id}")
    print(f"seal {seals[-1]}" if sealed else "open the run is not sealed")
    print(f"head {head}")
    if expected == head and expected not in seals:
        print("     the expected head is that of the results alone")
    elif expected is not None and not (sealed and expected == seals[-1]):
        print("     the expected hash is that of an earlier seal: what came later is not proven")
    if undecided:
        print(f"     of {undecided} sequences the decisions are not proven")


def main(words):
    if len(words) not in (1, 2) or (len(words) == 2 and not HASH.match(words[1])):
        print(__doc__, file=sys.stderr)
        return 2
    if not os.path.isdir(words[0]):
        print(f"{words[0]} is not a folder", file=sys.stderr)
        return 2
    try:
        verify(words[0], words[1] if len(words) == 2 else None)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        found(words[0], f"is not of the form that an export has ({type(error).__name__}: {error})")
    for finding in findings[:50]:
        print(f"NOT  {finding}".encode("ascii", "backslashreplace").decode())
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
