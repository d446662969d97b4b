#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server of the Hugging Face hub's layout for tests, and beside it the store that it redirects to.

hub.py DIR serves DIR/ORG/NAME/FILE as /ORG/NAME/resolve/REVISION/FILE; prints "HUB_PORT STORE_PORT". Files of 1000
bytes and more are "LFS": X-Linked-Etag is their SHA-256 and a GET leads to the store on the other port; smaller ones
have git's hash as their ETag. DIR/log gets one line a request: port, method, path, Range and whether it had a token.
What a request meets is told by files in DIR: cut (bytes after which the store breaks off, each time until the file
says 0), slow (bytes a tenth of a second), wrong (it sends other bytes), private (wants the token "good"), norange
(sends all instead of the range), busy (that many 503 first).
"""
import hashlib
import http.server
import os
import sys
import threading
import time

root = sys.argv[1]
lock = threading.Lock()


def setting(name):
    try:
        with open(os.path.join(root, name)) as f:
            return int(f.read() or 1)
    except FileNotFoundError:
        return 0


def count_down(name):
    with lock:
        left = setting(name)
        if left > 0:
            with open(os.path.join(root, name), "w") as f:
                f.write(str(left - 1))
        return left > 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        with lock, open(os.path.join(root, "log"), "a") as f:
            port = "hub" if self.server is hub else "store"
            token = "token" if self.headers.get("Authorization") else "-"
            f.write(f"{port} {self.command} {self.path} {self.headers.get('Range', '-')} {token}\n")

    def answer(self, code, headers, body=b""):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def find(self):
        repository, _, rest = self.path.lstrip("/").partition("/resolve/")
        revision, _, name = rest.partition("/")
        if setting("private") and self.headers.get("Authorization") != "Bearer good":
            return self.answer(401, {"X-Error-Code": "RepoNotFound"})
        if repository.startswith("old/"):  # a repository that was renamed: a relative redirect
            return self.answer(307, {"Location": self.path.replace("/old/", "/org/", 1)})
        if not os.path.isdir(os.path.join(root, repository)):
            return self.answer(401, {"X-Error-Code": "RepoNotFound"})
        if revision not in ("main", "v1", "c" * 40):
            return self.answer(404, {"X-Error-Code": "RevisionNotFound"})
        path = os.path.join(root, repository, name)
        if not os.path.isfile(path):
            return self.answer(404, {"X-Error-Code": "EntryNotFound"})
        if count_down("busy"):
            return self.answer(503, {})
        with open(path, "rb") as f:
            data = f.read()
        head = {"X-Repo-Commit": "c" * 40}
        if len(data) < 1000:
            blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
            return self.answer(200, {**head, "ETag": f'"{blob}"'}, data)
        head.update({"X-Linked-Size": str(len(data)), "X-Linked-Etag": f'"{hashlib.sha256(data).hexdigest()}"',
                     "Location": f"http://127.0.0.1:{store.server_port}/{repository}/{name}"})
        return self.answer(302, head)

    def give(self):
        with open(os.path.join(root, self.path.lstrip("/")), "rb") as f:
            data = f.read()
        if setting("wrong"):
            data = b"x" + data[1:]
        start = 0
        asked = self.headers.get("Range")
        headers = {}
        if asked and not setting("norange"):
            start = int(asked.split("=")[1].rstrip("-"))
            if start >= len(data):
                return self.answer(416, {"Content-Range": f"bytes */{len(data)}"})
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        self.send_response(206 if headers else 200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        body = data[start:]
        cut, slow = setting("cut"), setting("slow")
        if cut:
            self.wfile.write(body[:cut])
            self.close_connection = True
            return None
        step = slow or len(body)
        for at in range(0, len(body), step):
            self.wfile.write(body[at:at + step])
            self.wfile.flush()
            if slow:
                time.sleep(0.1)
        return None

    def do_GET(self):
        try:
            return self.find() if self.server is hub else self.give()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_HEAD = do_GET


hub = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
store = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=store.serve_forever, daemon=True).start()
print(hub.server_port, store.server_port, flush=True)
hub.serve_forever()
