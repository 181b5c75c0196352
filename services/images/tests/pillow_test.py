#!/usr/bin/env python3
"""Pixels of the real worker against those of Pillow, which API.md names as the measure.

usage: pillow_test.py <directory of darkroom-image-worker and darkroom-sample-photo>

A photograph, an image with alpha and a grayscale image. Compared are the inner pixels: Pillow leaves the border of what its
kernels filter as it was, Darkroom replicates it (API.md). Where alpha varies, Pillow filters it like a colour and Darkroom mixes
premultiplied and leaves alpha alone, so there colours are compared where the neighbourhood has one alpha.
"""
import io
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

BIN = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else pathlib.Path("build/release/bin")
RUN = 1  # RequestKind in worker/protocol.hpp
SOCKET = 3
# Both round; where a sum lies between two levels, they may differ by one.
LEVELS = 1


class Worker:
    """One zygote, spoken to as the service does (worker/protocol.hpp)."""

    def __init__(self):
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.ours.settimeout(60)
        # A copy far above 3, so that dup2 cannot hit a descriptor that is still needed.
        source = os.dup(theirs.fileno()) if theirs.fileno() == SOCKET else theirs.fileno()
        self.process = subprocess.Popen([BIN / "darkroom-image-worker"], close_fds=False,
                                        preexec_fn=lambda: os.dup2(source, SOCKET))
        theirs.close()
        self.ours.recv(4096)  # ready

    def close(self):
        self.ours.close()
        self.process.wait(10)

    def transform(self, file, name, parameters):
        request = {"limits": {"max_pixels": 100_000_000, "memory_bytes": 1536 << 20, "cpu_seconds": 60, "output_bytes": 512 << 20},
                   "recipe": {"steps": [{"transformation_type": name, "parameters": parameters}], "format": "png", "quality": None},
                   "verify": False, "overlays": []}
        given, result = os.memfd_create("input"), os.memfd_create("output")
        reading, writing = os.pipe()
        os.write(given, file)
        socket.send_fds(self.ours, [struct.pack("IIQ", RUN, 0, 1) + json.dumps(request).encode()], [given, result, writing])
        os.close(writing)
        with os.fdopen(reading) as reports:
            last = [json.loads(line) for line in reports][-1]
        self.ours.recv(4096), self.ours.recv(4096)  # started, ended
        assert last.get("image"), last
        content = os.pread(result, os.fstat(result).st_size, 0)
        os.close(given), os.close(result)
        return Image.open(io.BytesIO(content))


def photograph():
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "photo.jpg")
        subprocess.run([BIN / "darkroom-sample-photo", path, "320", "240"], check=True)
        return Image.open(path).convert("RGB")


def with_alpha(photo):
    """Opaque, half transparent and a slope beside each other."""
    alpha = Image.new("L", photo.size, 255)
    alpha.paste(128, (100, 0, 200, 240))
    alpha.paste(Image.linear_gradient("L").resize((120, 240)), (200, 0))
    image = photo.copy()
    image.putalpha(alpha)
    return image


def colours(image):
    return image.convert("RGB" if image.mode in ("RGB", "RGBA", "P") else "L")


def on_colours(operation):
    """What Pillow does to the colours alone; its filters would filter alpha, too."""
    return lambda image: operation(colours(image))


def one_alpha(image):
    """White where a pixel and its neighbours have one alpha that is not nothing."""
    if image.mode != "RGBA":
        return Image.new("L", image.size, 255)
    alpha = image.getchannel("A")
    spread = ImageChops.difference(alpha.filter(ImageFilter.MinFilter(3)), alpha.filter(ImageFilter.MaxFilter(3)))
    even = spread.point(lambda value: 255 if value == 0 else 0)
    # Of a nearly transparent colour, premultiplied and back, little is left.
    return ImageChops.darker(even, alpha.point(lambda value: 255 if value >= 64 else 0))


def with_border(image):
    """One pixel more on every side, replicated: the corners, then the edges, then the middle."""
    wide = Image.new(image.mode, (image.width + 2, image.height + 2))
    for at in ((0, 0), (2, 0), (0, 2), (2, 2), (1, 0), (1, 2), (0, 1), (2, 1), (1, 1)):
        wide.paste(image, at)
    return wide


def inner(image, border):
    return image.crop((border, border, image.width - border, image.height - border))


def largest_difference(ours, theirs, mask):
    bands = zip(ours.split(), theirs.split())
    return max(ImageChops.darker(ImageChops.difference(one, other), mask).getextrema()[1] for one, other in bands)


KERNELS = {"sharpen": ImageFilter.SHARPEN, "emboss": ImageFilter.EMBOSS, "find_edges": ImageFilter.FIND_EDGES,
           "contour": ImageFilter.CONTOUR}
POINTS = {
    ("grayscale", ()): lambda image: image.convert("L"),
    ("invert", ()): ImageOps.invert,
    ("brightness", (("factor", 1.4),)): lambda image: ImageEnhance.Brightness(image).enhance(1.4),
    ("brightness", (("factor", 0.3),)): lambda image: ImageEnhance.Brightness(image).enhance(0.3),
    ("contrast", (("factor", 1.5),)): lambda image: ImageEnhance.Contrast(image).enhance(1.5),
    ("contrast", (("factor", 0.5),)): lambda image: ImageEnhance.Contrast(image).enhance(0.5),
    ("saturation", (("factor", 1.7),)): lambda image: ImageEnhance.Color(image).enhance(1.7),
    ("saturation", (("factor", 0.2),)): lambda image: ImageEnhance.Color(image).enhance(0.2),
    ("median_filter", (("size", 3),)): lambda image: image.filter(ImageFilter.MedianFilter(3)),
}
MOVES = {
    ("flip", (("direction", "horizontal"),)): ImageOps.mirror,
    ("flip", (("direction", "vertical"),)): ImageOps.flip,
    ("rotate", (("angle", 90.0), ("expand", True), ("background", "#00000000"))): lambda i: i.transpose(Image.ROTATE_270),
    ("rotate", (("angle", 180.0), ("expand", True), ("background", "#00000000"))): lambda i: i.transpose(Image.ROTATE_180),
    ("crop", (("width", 100), ("height", 80), ("x", 33), ("y", 7), ("gravity", "center"))): lambda i: i.crop((33, 7, 133, 87)),
}


class Pillow(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.worker = Worker()
        photo = photograph()
        cls.images = {"photograph": photo, "alpha": with_alpha(photo), "grayscale": photo.convert("L")}

    @classmethod
    def tearDownClass(cls):
        cls.worker.close()

    def ours(self, image, name, parameters=()):
        file = io.BytesIO()
        image.save(file, "PNG")
        return self.worker.transform(file.getvalue(), name, dict(parameters))

    def test_kernels_are_alike_within_the_border(self):
        for name, kernel in KERNELS.items():
            for kind, image in self.images.items():
                with self.subTest(name, kind=kind):
                    ours = self.ours(image, name)
                    theirs = colours(image).filter(kernel)
                    mask = inner(one_alpha(image), 1)
                    self.assertLessEqual(largest_difference(inner(colours(ours), 1), inner(theirs, 1), mask), LEVELS)
                    if kind == "alpha":
                        self.assertEqual(ours.getchannel("A").tobytes(), image.getchannel("A").tobytes())

    def test_kernels_replicate_the_border(self):
        for name, kernel in KERNELS.items():
            with self.subTest(name):
                image = self.images["photograph"]
                theirs = inner(with_border(image).filter(kernel), 1)
                ours = self.ours(image, name)
                self.assertLessEqual(largest_difference(ours, theirs, Image.new("L", image.size, 255)), LEVELS)

    def test_points_are_alike(self):
        for (name, parameters), operation in POINTS.items():
            for kind, image in self.images.items():
                with self.subTest(name, parameters=parameters, kind=kind):
                    ours = self.ours(image, name, parameters)
                    theirs = operation(colours(image))
                    mask = one_alpha(image) if name == "median_filter" else Image.new("L", image.size, 255)
                    border = 1 if name == "median_filter" else 0
                    found = largest_difference(inner(colours(ours), border), inner(theirs, border), inner(mask, border))
                    self.assertLessEqual(found, LEVELS)

    def test_moves_are_exact(self):
        for (name, parameters), operation in MOVES.items():
            for kind, image in self.images.items():
                with self.subTest(name, parameters=parameters, kind=kind):
                    ours = self.ours(image, name, parameters)
                    self.assertEqual(ours.mode, image.mode)
                    self.assertEqual(ours.tobytes(), operation(image).tobytes())


if __name__ == "__main__":
    unittest.main()
