"""Teaches a person from one picture and looks for them in another, by nothing but Python's ctypes:

    python3 enroll_and_tag.py GALLERY NAME PICTURE OTHER-PICTURE
"""
import ctypes as c
import sys

lib = c.CDLL("libnametag.so.0")


class Options(c.Structure):  # as in nametag.h; what is not set is zero, and that is the default
    _fields_ = [("size", c.c_size_t), ("models", c.c_char_p), ("gallery", c.c_char_p), ("passphrase", c.c_char_p),
                ("threshold", c.c_double), ("caution", c.c_int), ("upsample", c.c_int), ("threads", c.c_int),
                ("flags", c.c_uint)]


class Face(c.Structure):  # the first members will do: it is only read through pointers
    _fields_ = [("box", c.c_int * 4), ("score", c.c_double), ("landmarks", c.c_double * 2 * 68), ("verdict", c.c_int),
                ("reason", c.c_int), ("name", c.c_char_p), ("nearest", c.c_char_p), ("distance", c.c_float)]


class Tags(c.Structure):
    _fields_ = [("n_faces", c.c_size_t), ("faces", c.POINTER(c.POINTER(Face)))]


lib.nametag_open.argtypes = [c.POINTER(Options), c.POINTER(c.c_void_p)]
lib.nametag_error.argtypes, lib.nametag_error.restype = [c.c_void_p], c.c_char_p
lib.nametag_tag_file.argtypes = [c.c_void_p, c.c_char_p, c.POINTER(c.POINTER(Tags))]
lib.nametag_enroll.argtypes = [c.c_void_p, c.POINTER(Tags), c.c_size_t, c.c_char_p, c.c_uint, c.POINTER(c.c_int)]
lib.nametag_tags_free.argtypes = [c.POINTER(Tags)]
lib.nametag_close.argtypes = [c.c_void_p]

gallery, name, picture, other = (word.encode() for word in sys.argv[1:])
nametag = c.c_void_p()


def check(status):
    if status != 0:
        sys.exit(lib.nametag_error(nametag).decode())


def tag(path):
    tags = c.POINTER(Tags)()
    check(lib.nametag_tag_file(nametag, path, c.byref(tags)))
    return tags


check(lib.nametag_open(Options(size=c.sizeof(Options), gallery=gallery), c.byref(nametag)))
tags = tag(picture)
if tags.contents.n_faces != 1:
    sys.exit(f"{picture.decode()} shows {tags.contents.n_faces} faces; one is wanted")
check(lib.nametag_enroll(nametag, tags, 0, name, 0, None))
lib.nametag_tags_free(tags)

tags = tag(other)
for i in range(tags.contents.n_faces):
    face = tags.contents.faces[i].contents
    who = (face.name or b"unknown").decode()
    print(f"{who} at {face.box[0]},{face.box[1]}; {face.distance:.2f} from {face.nearest.decode()}")
lib.nametag_tags_free(tags)
lib.nametag_close(nametag)
