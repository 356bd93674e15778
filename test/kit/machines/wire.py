"""What lies between the machines of a test: hands IP packets from one to another, late, not all of them, not faster than allowed.

Kernels without tc-netem(8) have no other way to delay. Each machine gets a tun(4) device, made here under the name that is
given for its address and moved into the machine's network namespace by who started this; the packets of a device come
out here, whichever namespace it is in.

    wire.py old=11.0.0.1 new=11.0.0.2        says "ready" when the devices are there

Standard input takes conditions, one JSON object a line: {"delayMs": 50, "lossPercent": 0, "rateMbit": null}, each in force
until the next; each is answered with a line that counts packets so far. The end of the input ends it.
"""

import fcntl
import heapq
import json
import os
import random
import selectors
import socket
import struct
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
MOST_WAITING_S = 0.5  # what would wait longer for its turn at the limited rate is dropped, as a router does

# The same losses in each run.
chance = random.Random(20_261_121)
conditions = {"delayMs": 0, "lossPercent": 0, "rateMbit": None}
count = {"handedOn": 0, "lost": 0}


def open_device(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


class Line:
    """From one machine into the net: its packets go one after another."""

    def __init__(self):
        self.free_at = 0.0

    def due(self, size, now):
        """When a packet that came now is at its goal; None: it is lost."""
        if chance.random() * 100 < conditions["lossPercent"]:
            return None
        start = max(self.free_at, now)
        if start - now > MOST_WAITING_S:
            return None
        rate = conditions["rateMbit"]
        self.free_at = start + (0 if rate is None else size * 8 / (rate * 1e6))
        return self.free_at + conditions["delayMs"] / 1000


def main():
    places = dict(argument.split("=") for argument in sys.argv[1:])
    devices = {socket.inet_aton(address): open_device(name) for name, address in places.items()}
    lines = {device: Line() for device in devices.values()}
    waiting, number = [], 0
    ready = selectors.DefaultSelector()
    for device in devices.values():
        ready.register(device, selectors.EVENT_READ)
    ready.register(sys.stdin.buffer, selectors.EVENT_READ)
    os.set_blocking(sys.stdin.fileno(), False)
    print("ready", flush=True)
    while True:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, _, device, packet = heapq.heappop(waiting)
            try:
                os.write(device, packet)
                count["handedOn"] += 1
            except OSError:
                count["lost"] += 1  # that machine's link is down
        timeout = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for key, _ in ready.select(timeout):
            if key.fileobj is sys.stdin.buffer:
                if not take_conditions():
                    return
                continue
            for packet in packets_of(key.fd):
                goal = devices.get(packet[16:20]) if packet[0] >> 4 == 4 else None
                due = None if goal is None else lines[key.fd].due(len(packet), time.monotonic())
                if due is None:
                    count["lost"] += 1
                    continue
                number += 1
                heapq.heappush(waiting, (due, number, goal, packet))


def packets_of(device):
    for _ in range(64):
        try:
            yield os.read(device, 65_536)
        except OSError:
            return


def take_conditions():
    said = sys.stdin.buffer.read()
    if said == b"":
        return False
    for line in (said or b"").decode().splitlines():
        conditions.update(json.loads(line))
        print(json.dumps(count), flush=True)
    return True


main()
