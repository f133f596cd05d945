"""The rules of `brickwork check`: of each a stable code, how grave it is, what training does, how to mend it."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Rule:
    """One kind of finding."""

    code: str
    severity: Severity
    one: str  # what a single case is called
    many: str
    training: str  # what training and prediction do about it
    remedy: str  # what a person can do; "" where nothing need be done


def error(code: str, one: str, many: str, training: str, remedy: str) -> Rule:
    return Rule(code, "error", one, many, training, remedy)


def warning(code: str, one: str, many: str, training: str, remedy: str) -> Rule:
    return Rule(code, "warning", one, many, training, remedy)


def note(code: str, one: str, many: str, training: str, remedy: str = "") -> Rule:
    return Rule(code, "note", one, many, training, remedy)


SKIPS = "Training leaves out what it cannot read and names it; no other image takes the place."
FETCH = "Fetch the file again, or leave it out with --fix."

FILES = (
    error(
        "F101", "file cannot be opened", "files cannot be opened", SKIPS,
        "See that the file is there and that you may read it, or leave it out with --fix.",
    ),
    error("F102", "empty file", "empty files", SKIPS, FETCH),
    error(
        "F103", "file is no image, whatever its name says", "files are no images, whatever their names say", SKIPS,
        "Put the image that was meant in its place, or leave it out with --fix.",
    ),
    error(
        "F104", "image is too large to be decoded", "images are too large to be decoded", SKIPS,
        "Scale it down, or leave it out with --fix; --max-pixels sets what is allowed, up to 178,956,970.",
    ),
    error(
        "F112", "image whose reader is not installed", "images whose reader is not installed", SKIPS,
        "Install the reader that is named, or leave the images out with --fix.",
    ),
    error(
        "F113", "image is of a kind that cannot be read", "images are of a kind that cannot be read", SKIPS,
        "Save it as PNG with the program that made it, or leave it out with --fix.",
    ),
    error("F105", "image is cut short", "images are cut short", SKIPS, FETCH),
    error("F106", "image is damaged", "images are damaged", SKIPS, FETCH),
    note(
        "F107", "image has the name of another format", "images have the name of another format",
        "What is inside counts, not the name.",
    ),
    note("F108", "animation", "animations", "The first frame is used."),
    note("F109", "hidden or junk entry", "hidden or junk entries", "Passed over."),
    note("F110", "file that is no image", "files that are no images", "Passed over."),
    warning(
        "F111", "image outside the class folders", "images outside the class folders",
        "Not used: there is no label.", "Move each into the folder of its class.",
    ),
)  # fmt: skip
PIXELS = (
    note("P201", "image with an EXIF rotation", "images with an EXIF rotation",
         "Turned upright, in training and prediction alike."),
    note("P202", "CMYK image", "CMYK images", "Becomes red, green and blue."),
    note("P203", "image with a palette", "images with a palette", "Becomes red, green and blue."),
    note("P204", "image with transparency", "images with transparency", "Laid on white."),
    note("P205", "image of more than 8 bits a channel", "images of more than 8 bits a channel",
         "Scaled to 8 bits by the range that the file states, else by its depth."),
    warning(
        "P206", "image of a single colour", "images of a single colour", "Trained on like any other.",
        "Have a look: this is often what a camera or a download left when it failed.",
    ),
    note(
        "P207", "image that is very small beside the others", "images that are very small beside the others",
        "Enlarged to the network's input.", "See that no thumbnail stands for what was meant.",
    ),
    warning(
        "P208", "set of images that use a small part of their depth",
        "sets of images that use a small part of their depth",
        "Scaled by their depth, as no file states a range: they are nearly black.",
        "Say what is white when training, and it stays with the model: --range NUMBER, --range set or --range "
        "percentiles.",
    ),
    note("P209", "PNG with a gamma of its own", "PNGs with a gamma of their own", "The numbers are taken as they are."),
)  # fmt: skip
CLASSES = (
    error(
        "C301", "class has no images in train", "classes have no images in train",
        "No network can learn it, and all its images elsewhere count as mistakes.",
        "Add images to train, or take the class out of the other splits.",
    ),
    warning(
        "C302", "class is missing from a split", "classes are missing from a split",
        "Trained on, but not measured there.", "Add images to that split.",
    ),
    warning("C303", "class folder is empty", "class folders are empty", "Left out of the classes.",
            "Fill the folder or delete it."),
    warning(
        "C304", "class has a single image", "classes have a single image",
        "In train alone: nothing is left to measure it with.", "Add images, or leave the class out.",
    ),
    warning(
        "C305", "class has less than a tenth of the largest", "classes have less than a tenth of the largest",
        "Seen rarely, so that the network will prefer the others.",
        "Add images, or give the classes weights in the recipe.",
    ),
    warning(
        "C306", "class name differs from another in case or blanks alone",
        "class names differ from another in case or blanks alone",
        "Taken as classes of their own.", "Make one folder of them where the same is meant.",
    ),
    note(
        "C307", "split is missing", "splits are missing",
        "Without val, a part of train is held out for it; without test, there is nothing to evaluate on afterwards.",
    ),
    error(
        "C308", "class has no image that can be read", "classes have no image that can be read",
        "No network can learn it: the class is never predicted.",
        "Put images in place that can be read, or leave the class out with --fix.",
    ),
)  # fmt: skip
DUPLICATES = (
    warning(
        "D401", "group of identical images in one split", "groups of identical images in one split",
        "Each copy counts, and where val is drawn from train, one may be trained on and another validated with.",
        "Keep one of each.",
    ),
    error(
        "D402", "group of identical images across splits", "groups of identical images across splits",
        "The network is measured with what it was trained on, and its accuracy is too high.",
        "--fix leaves the copies out of train, so that test stays what it is; --allow-leaks makes it a warning.",
    ),
    error(
        "D403", "group of identical images with different labels", "groups of identical images with different labels",
        "All are trained on, and at most one label is right.",
        "Keep the right one; --fix leaves all out.",
    ),
    warning(
        "D404", "group of near duplicates in one split", "groups of near duplicates in one split",
        "Each image counts.", "Have a look, and keep one of each group where they show the same.",
    ),
    warning(
        "D405", "group of near duplicates across splits", "groups of near duplicates across splits",
        "The network is measured with images like those it was trained on.",
        "Have a look, and put each group into one split.",
    ),
)  # fmt: skip
SHORTCUTS = (
    warning(
        "S501", "class can be guessed from the file's size alone", "classes can be guessed from the file's size alone",
        "The network may learn how the images were made instead of what they show.",
        "Save all classes in the same way: same camera, same quality, same program.",
    ),
    warning(
        "S502", "class can be guessed from the image's shape alone",
        "classes can be guessed from the image's shape alone",
        "The network may learn how the images were made instead of what they show.",
        "Bring all classes to the same sizes.",
    ),
)  # fmt: skip
RULES = {rule.code: rule for rule in (*FILES, *PIXELS, *CLASSES, *DUPLICATES, *SHORTCUTS)}
