#!/usr/bin/python3
"""Playing a clip: buttons, keys, the position, the speed, the time line."""
import re
import time

from harness import check, demo, main, wait_for

FRAME_S = 1 / 30  # at most, of the demo: its label shows tenths
NEAR_END_S = 19  # the demo has 20


def paused(app):
    app.click("push button", "Pause")
    app.button("Play")
    time.sleep(0.3)  # the frame that was under way
    return app.time_s()


def play_and_pause_by_button_and_by_key(desktop):
    with desktop.app([demo()]) as app:
        wait_for(lambda: app.time_s() > 0.5, "the clip to play by itself")
        at = paused(app)
        time.sleep(0.7)
        check(app.time_s() == at, f"paused at {at} s, but now at {app.time_s()} s")
        app.click("push button", "Play")
        # Anew, where a busy machine came to the end before it paused.
        wait_for(lambda: app.time_s() > at or at > NEAR_END_S > app.time_s(), "playing on")
        app.click("image", re.compile("^Picture"))  # its background is in the middle, between the two faces
        app.button("Play")
        app.key("space")
        app.button("Pause")


def steps_show_one_frame(desktop):
    with desktop.app([demo()]) as app:
        wait_for(lambda: app.time_s() > 1, "the clip to play")
        at = paused(app)
        for _ in range(6):
            app.click("push button", "Next Frame")
            time.sleep(0.15)
        wait_for(lambda: 0 < app.time_s() - at <= 8 * FRAME_S + 0.1, lambda: f"six frames on from {at} s: {app.time_s()} s", 5)
        there = app.time_s()
        for _ in range(6):
            app.key("comma")
            time.sleep(0.15)
        wait_for(lambda: 0 < there - app.time_s() <= 8 * FRAME_S + 0.1, lambda: f"six frames back: {app.time_s()} s", 5)
        app.button("Play")


def seeking(desktop):
    with desktop.app([demo()]) as app:
        wait_for(lambda: app.time_s() > 0.3, "the clip to play")
        paused(app)
        app.key("End")
        wait_for(lambda: app.time_s() > 18, lambda: f"End goes to the end, not {app.time_s()} s")
        app.key("Home")
        wait_for(lambda: app.time_s() < 0.2, lambda: f"Home goes to the beginning, not {app.time_s()} s")
        app.key("Right")
        wait_for(lambda: 4.7 < app.time_s() < 5.3, lambda: f"Right goes five seconds on, not to {app.time_s()} s")
        app.key("Left")
        wait_for(lambda: app.time_s() < 0.3, lambda: f"Left goes five seconds back, not to {app.time_s()} s")
        app.click_at(app.find("slider", "Position"), 0.5)
        wait_for(lambda: 8.5 < app.time_s() < 11.5, lambda: f"a click in the middle of the seek bar goes there, not to {app.time_s()} s")
        app.face(re.compile("unknown person.*"))


def speed_and_loop(desktop):
    with desktop.app([demo()]) as app:
        wait_for(lambda: app.time_s() > 0.3, "the clip to play")
        app.choose("1×", "4×")
        app.button("4×")
        began, at = time.monotonic(), app.time_s()
        time.sleep(2)
        gone = (app.time_s() - at) / (time.monotonic() - began)
        check(gone > 2, f"at 4× it plays {gone:.1f} s a second")
        app.key("backslash")
        app.button("1×")
        app.key("bracketleft")
        app.button("0.75×")
        app.key("backslash")
        loop = app.click("push button", "Loop")
        wait_for(lambda: loop.has("pressed"), "Loop to be on")
        app.key("End")
        wait_for(lambda: app.time_s() < 5, lambda: f"looping: {app.time_s()} s")
        app.button("Pause")


def the_time_line_goes_where_somebody_is(desktop):
    with desktop.app([demo()]) as app:
        app.find("list item", re.compile(r"unknown \d: \d+ appearance.*"))
        paused(app)
        lane = app.settled(lambda: app.find("list item", re.compile(r"unknown 1: \d+ appearance.*")))
        app.click_at(lane, 0.8)
        wait_for(lambda: 12 < app.time_s() < 19, lambda: f"a click on the lane goes there, not to {app.time_s()} s")
        app.key("p")
        wait_for(lambda: app.time_s() < 2, lambda: f"p goes to where the appearance began, not {app.time_s()} s")
        app.screenshot("time-line")


if __name__ == "__main__":
    raise SystemExit(main([play_and_pause_by_button_and_by_key, steps_show_one_frame, seeking, speed_and_loop,
                           the_time_line_goes_where_somebody_is]))
