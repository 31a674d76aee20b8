#!/usr/bin/python3
"""Live pictures: a camera of PipeWire, taken out and put back, and a network camera."""
import re

from harness import check, clip_of_one, demo, main, wait_for


def a_camera_from_the_first_page(desktop):
    camera = desktop.session.camera(demo(), width=640, height=360)
    try:
        with desktop.app() as app:
            app.click("push button", "Open Camera")
            app.find("frame", "ClipCamera")
            app.find("label", "Live")
            app.enroll(re.compile("unknown person.*(?=, on the right)"), "Anna")
            app.face("Anna", limit=5)
            app.screenshot("camera")
            check(not app.maybe("slider", "Position"), "nothing to seek in a live picture")
    finally:
        camera.unplug()


def a_camera_taken_out_and_put_back(desktop):
    camera = desktop.session.camera(demo(), width=640, height=360)
    try:
        with desktop.app() as app:
            app.click("push button", "Open")
            app.find("menu item", camera.description)
            app.click("menu item", camera.description)
            app.face(re.compile("unknown person.*"))
            camera.unplug()
            app.find("label", re.compile(f"{camera.description}.*(lost|gone|unplugged|not there|disconnected|waiting)", re.IGNORECASE))
            app.screenshot("camera-lost")
            camera.plug()
            app.find("label", "Live")
            app.face(re.compile("unknown person.*"))
            wait_for(lambda: not app.maybe("label", re.compile("lost|gone|unplugged|disconnected", re.IGNORECASE)), "the notice to go")
    finally:
        camera.unplug()


def a_network_camera_by_its_address(desktop):
    network = desktop.session.network_camera(clip_of_one())
    with desktop.app() as app:
        app.click("push button", "Open Address…")
        app.find(None, "Open an Address")
        app.type("not an address")
        app.find("label", re.compile("An address begins with"))
        app.key("ctrl+a")
        app.type(network.uri)
        app.key("Return")
        app.find("label", "Live")
        app.face(re.compile("unknown person.*"))
        app.screenshot("network")
        network.kill()
        app.wait_gone("label", "Live")
        network.start()
        app.find("label", "Live", limit=40)


def an_address_where_nobody_answers(desktop):
    with desktop.app(["rtsp://127.0.0.1:9/live"]) as app:
        app.find("label", re.compile("127.0.0.1"))
        app.screenshot("network-silent")


if __name__ == "__main__":
    raise SystemExit(main([a_camera_from_the_first_page, a_camera_taken_out_and_put_back, a_network_camera_by_its_address,
                           an_address_where_nobody_answers], pipewire=True))
