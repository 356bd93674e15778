"""Adds the first user to the users file. Harmless twice: a user who is there keeps the password.

Radicale reads the file again for each sign-in; the new file takes the old one's place in one step.
"""

import json
import os
import sys

import bcrypt

# 2**10 rounds: about 50 ms; a client sends the password with every request.
ROUNDS = 10


def main(path):
    with open(path, encoding="utf-8") as file:
        given = json.load(file)
    users = os.path.join(given["folder"], "users", "htpasswd")
    user = given["account"]["user"]
    with open(users, encoding="utf-8") as file:
        lines = file.read().splitlines()
    if any(line.split(":", 1)[0] == user for line in lines):
        print("the first user is there")
        return
    password = given["secrets"]["first-admin-password"].encode()
    lines.append("%s:%s" % (user, bcrypt.hashpw(password, bcrypt.gensalt(ROUNDS)).decode()))
    fresh = users + ".new"
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, users)
    print("added the first user")


main(sys.argv[1])
