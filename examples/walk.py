"""The walk of the README in Python: register, log in, keep authors.

    python3 -m pip install requests
    python3 examples/walk.py [http://localhost:3000]
"""

import sys
import time

import requests

BASE = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:3000"
NAME, PASSWORD = f"Ada {int(time.time())}", "correct horse battery"
WINNERS = """name,book,country,booker_prize
Hilary Mantel,Wolf Hall,United Kingdom,true
Hilary Mantel,Bring Up the Bodies,United Kingdom,true
"""


def send(method, path, **options):
    """Sends a request and returns the JSON of the answer; an error raises requests.HTTPError."""
    response = requests.request(method, BASE + path, timeout=30, **options)
    print(method, path.partition("?")[0], response.status_code)
    response.raise_for_status()
    return response.json() if response.content else None


def problem_of(method, path, **options):
    """Sends a request that fails, and returns the code of its problem."""
    try:
        send(method, path, **options)
    except requests.HTTPError as error:
        return error.response.json()["type"].rpartition("/")[2]
    raise AssertionError("the request did not fail")


def pages(query, headers):
    """Yields the records of a list, page by page."""
    cursor = None
    while True:
        params = {**query, "cursor": cursor} if cursor else query
        page = send("GET", "/authors", params=params, headers=headers)
        yield from page["list_of_authors"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


send("POST", "/register", json={"name": NAME, "password": PASSWORD})
# requests sends Latin-1 for a str, but the server reads UTF-8.
token = send("POST", "/login", auth=(NAME.encode(), PASSWORD.encode()))["token"]
tutorial = {"x-access-tokens": token}
standard = {"Authorization": f"Bearer {token}"}

book = {"name": "Margaret Atwood", "book": "The Testaments", "country": "Canada", "booker_prize": True}
author = send("POST", "/author", json=book, headers=tutorial)
assert problem_of("POST", "/authors", json=book, headers=standard) == "author_exists"

csv = {"Content-Type": "text/csv", **standard}
assert send("POST", "/authors/import", data=WINNERS.encode(), headers=csv)["created"] == 2
found = list(pages({"q": "mantel", "sort": "-id", "limit": 1}, standard))
assert [each["book"] for each in found] == ["Bring Up the Bodies", "Wolf Hall"]

assert send("DELETE", f"/authors/{author['id']}", headers=tutorial)["message"] == "Author deleted"
assert problem_of("GET", "/authors") == "token_missing"
send("POST", "/logout", headers=standard)
