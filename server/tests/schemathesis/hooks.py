"""What the OpenAPI document cannot tell schemathesis: how to sign in, and rules beyond schemas."""

import os
import re

import requests
import schemathesis

BASE = os.environ["LINGER"]

# An existing user and a valid cursor, which cannot be generated.
BOB = requests.post(f"{BASE}/connect", json={"username": "bob"}, timeout=30).json()


@schemathesis.auth(retry_on=[401]).apply_to(path_regex="^(?!/metrics)")
class Session:
    """A session; a new one each time POST /disconnect has ended it."""

    def get(self, case, context):
        token = requests.post(f"{BASE}/connect", timeout=30).json()["token"]
        self.say_a_little(token)
        return token

    def say_a_little(self, token):
        """Sends messages of this session's user, so that there are some to change."""
        for call, body in [("send", {"room": "general"}), ("send-private", {"to": "bob"})]:
            for _ in range(3):
                body = {**body, "text": "a message to change"}
                headers = {"Authorization": f"Bearer {token}"}
                requests.post(f"{BASE}/{call}", json=body, headers=headers, timeout=30).raise_for_status()

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.auth().apply_to(path="/metrics")
class Scraper:
    """The token for metrics."""

    def get(self, case, context):
        return os.environ["ROCKET_CHAT__METRICS_TOKEN"]

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Replaces about half of the valid names, rooms, seqs and emoji with one that exists."""
    given = path_parameters or {}
    name, room, seq, emoji = (given.get(key) for key in ("name", "id", "seq", "emoji"))
    if isinstance(name, str) and re.fullmatch("[A-Za-z0-9][A-Za-z0-9_-]{0,31}", name) and len(name) % 2:
        given["name"] = "bob"
    if is_id(room) and room % 2:
        given["id"] = 1
    if is_id(seq) and seq > 3 and seq % 2:
        given["seq"] = seq % 64
    if isinstance(emoji, str) and emoji and len(emoji) % 2:
        given["emoji"] = "\N{THUMBS UP SIGN}"
    return path_parameters


def is_id(value):
    """Returns whether this is a number that an id may be."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


@schemathesis.hook
def map_query(context, query):
    """Replaces about half of the possible cursors with a valid one, and lets only a quarter of the polls wait."""
    query = query or {}
    cursor, wait = query.get("cursor"), query.get("wait")
    if isinstance(wait, int) and not isinstance(wait, bool) and wait > 0 and wait % 4:
        query["wait"] = 0
    if isinstance(cursor, str) and re.fullmatch("[A-Za-z0-9_-]+", cursor) and len(cursor) % 2:
        query["cursor"] = BOB["cursor"]
    return query


# Reasons to refuse a request that matches its schema. The document gives each of them in prose.
BEYOND_SCHEMAS = [
    # A cursor carries a checksum.
    "This is not a valid cursor.",
    # Two query parameters exclude each other.
    "Give only one of before and after.",
    "Give only one of room and direct.",
    # Only required without an Authorization header.
    "A password needs a username.",
    "To sign in without creating an account, send a username and a password.",
    # Which passwords are easy to guess.
    "This password is one of the 3,000 commonest: choose another.",
    "The password must not be just your name.",
    # Lengths are counted after normalisation.
    "A password is 8 to 128 characters long.",
    # Depends on the caller.
    "You cannot have a direct conversation with yourself.",
    # Lengths are counted in bytes.
    "text must be at most 16,384 bytes long.",
    # The pattern does not list invisible characters beyond the basic plane.
    "text must contain a visible character.",
    # The schema does not list all emoji.
    "A reaction is one emoji.",
    # Depends on what was said.
    "This conversation has no message ",
    # Depends on who there is.
    "There are no users named ",
    # A tag carries a cursor.
    "If-None-Match has no entity tag of an earlier answer.",
    # Only a private room needs no name.
    "name is required",
    # Lengths are counted after normalisation, and not all invisible characters are listed.
    "title must ",
    "topic must ",
    "display_name must ",
    # Depends on the room.
    "general is always public and never archived.",
    # Depends on who the caller is, and what it may.
    "Only its author may do that to a message.",
    "Only the owners of a room and admins may do that.",
    "Only an administrator may do that.",
    "You may not ",
    "You may read this room, but not post in it.",
    "This code does not work",
    "That is not your password.",
    "old must be your present password.",
    "password must be your password.",
    # Two fields name one room.
    "room and room_id must mean the same room.",
]


def has_fraction(value):
    """Returns whether this JSON has a number with a fraction, or beyond 64 bits."""
    if isinstance(value, dict):
        return any(map(has_fraction, value.values()))
    if isinstance(value, list):
        return any(map(has_fraction, value))
    return isinstance(value, float) or (isinstance(value, int) and abs(value) >= 2**63)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Returns whether a reported failure is a real one."""
    title = failure.title
    if title == "Schema-valid request rejected":
        detail = response.json().get("detail", "")
        # JSON Schema accepts 1.0 as an integer.
        if detail.endswith(" must be an integer."):
            return not has_fraction(case.body)
        # Schemathesis sends the number 0 as a tag, which the schema does not allow.
        if detail.startswith("If-Match takes "):
            return str((case.headers or {}).get("If-Match")) != "0"
        return not any(detail.startswith(reason) for reason in BEYOND_SCHEMAS)
    if title == "Schema-violating request accepted":
        # HTTP strips the space around a value, and unread headers may be anything.
        values = [value for value in (case.headers or {}).values() if isinstance(value, str)]
        return all(value.isascii() and value == value.strip() for value in values)
    if title == "Wrong response to undeclared method":
        # The framework answers 400 to methods other than those of RFC 9110 and RFC 5789.
        return case.method.upper() != "QUERY"
    return True
