"""Makes `people/assets/covering.npz`: what tells a covered face from a clear one. It fetches nothing.

    python scripts/covering.py train FOLDER covering.npz [--anew]
    python scripts/covering.py judge FOLDER

FOLDER holds pictures in `covered/` (masks and the like) and `clear/`, in any folders below; the surest face of each counts. Onto
every clear face one thing is drawn that covers it and one that does not, chosen by the picture's bytes and `--seed`: the same
folder and seed give the same weights. Training goes on from the weights of the package, which so keep what they were taught with
other pictures; with `--anew` it begins at nothing. `judge` counts, with the weights of the package and of a folder that was not
trained with, the faces that `face-possibly-covered` warns of. `people/assets/README.md` names the pictures the shipped weights
were made of.

It needs only the package and its extra `people`, and uses all cores. A second of processor time is enough for ten faces.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeVar

import cv2
import numpy as np

from mediapreflight.errors import MediaPreflightError
from mediapreflight.media.image.pixels import Picture, load_picture
from mediapreflight.people.centerface import LONGEST_SIDE as LONGEST_LOOK
from mediapreflight.people.centerface import CenterFace, Detection
from mediapreflight.people.covering import parts
from mediapreflight.people.cuts import Cuts
from mediapreflight.people.detector import GLANCE_SIDE, LIKELY
from mediapreflight.people.faces import LONGEST_SIDE, faces_in
from mediapreflight.people.runtime import model_data
from mediapreflight.rules.people.face_possibly_covered import COVERED_MAX, TURNED_DEG

ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}
# The weights of regression are drawn to zero this strongly. Folds that were left out are judged alike from 30 to 300.
PENALTY = 300.0
ROUNDS = 7
FOLDS = 3
# Of clear faces in a fold that was left out, this share may count as covered: the bias is set by it.
FALSE_SHARE = 0.004
# Clear faces of other collections reach higher: of 420, 5 that look ahead were above the limit, and 2 are with this.
MARGIN = 0.6

Canvas = np.ndarray
Chance = np.random.Generator
Color = tuple[int, int, int]
Answer = TypeVar("Answer")


class Shown(NamedTuple):
    """A picture of a face: its name, what was drawn ("" for nothing), whether that or the folder says covered, and the face."""

    name: str
    drawn: str
    covered: bool
    rgb: Canvas
    face: Detection


class Head(NamedTuple):
    """Places on a face, in distances of its eyes from the point between them: x to the viewer's right, y down."""

    between: np.ndarray
    across: np.ndarray

    @classmethod
    def of(cls, detection: Detection) -> Head:
        right, left = detection.points[:2]
        return cls((right + left) / 2, left - right)

    @property
    def unit(self) -> float:
        return max(1.0, float(np.hypot(*self.across)))

    def at(self, *places: tuple[float, float]) -> np.ndarray:
        """Pixels of these places, as OpenCV's polygons take them."""
        down = np.array([-self.across[1], self.across[0]])
        return np.array([self.between + x * self.across + y * down for x, y in places]).round().astype(np.int32)


def mask(canvas: Canvas, head: Head, chance: Chance) -> None:
    top = chance.uniform(0.15, 0.5)
    edge = [(-1.0, top + 0.1), (0, top), (1.0, top + 0.1), (0.9, 1.4), (0, 2.1), (-0.9, 1.4)]
    filled(canvas, head.at(*edge), any_color(chance), chance)


def hand_over_the_mouth(canvas: Canvas, head: Head, chance: Chance) -> None:
    hand(canvas, head, chance, (chance.uniform(-0.3, 0.3), chance.uniform(0.9, 1.2)))


def hand_over_an_eye(canvas: Canvas, head: Head, chance: Chance) -> None:
    side = chance.choice((-1, 1))
    hand(canvas, head, chance, (side * chance.uniform(0.45, 0.7), chance.uniform(-0.1, 0.3)))


def board(canvas: Canvas, head: Head, chance: Chance) -> None:
    """Paper, a telephone or the like before the lower half or one side."""
    side = chance.choice((-1, 0, 1))
    left, right, top, bottom = (-1.3, 1.3, 0.45, 2.4) if side == 0 else [*sorted((0.0, side * 1.4)), -1.3, 2.2]
    lean = chance.uniform(-0.15, 0.15)
    corners = [(left, top - lean), (right, top + lean), (right + lean, bottom), (left + lean, bottom)]
    filled(canvas, head.at(*corners), any_color(chance), chance, grain=chance.uniform(2, 30))


def hair_over_an_eye(canvas: Canvas, head: Head, chance: Chance) -> None:
    side, shade = chance.choice((-1, 1)), chance.integers(15, 150)
    for _ in range(120):
        x = side * chance.uniform(0.0, 1.1)
        strand = head.at(
            (x - side * 0.3, -1.3), (x + side * chance.uniform(0, 0.2), 0.1), (x + side * 0.2, chance.uniform(0.8, 2))
        )
        color = tuple(int(shade * share * chance.uniform(0.7, 1.2)) for share in (1.0, 0.8, 0.6))
        cv2.polylines(canvas, [strand], False, color, max(1, round(head.unit / 12)), cv2.LINE_AA)


def sunglasses(canvas: Canvas, head: Head, chance: Chance) -> None:
    shade = (int(chance.integers(5, 60)),) * 3
    for x in (-0.5, 0.5):
        cv2.ellipse(canvas, pixel(head, (x, 0.05)), ellipse(head, 0.43, 0.34), angle(head), 0, 360, shade, -1, cv2.LINE_AA)
    cv2.polylines(canvas, [head.at((-1.1, -0.1), (1.1, -0.1))], False, shade, max(1, round(head.unit / 15)), cv2.LINE_AA)


def microphone(canvas: Canvas, head: Head, chance: Chance) -> None:
    x, y = chance.uniform(-0.4, 0.4), chance.uniform(1.75, 2.1)
    shade = (int(chance.integers(10, 90)),) * 3
    cv2.polylines(canvas, [head.at((x, y), (x * 2, y + 2))], False, shade, max(1, round(head.unit / 5)))
    cv2.ellipse(canvas, pixel(head, (x, y)), ellipse(head, 0.22, 0.28), angle(head), 0, 360, shade, -1, cv2.LINE_AA)


def hand_at_the_chin(canvas: Canvas, head: Head, chance: Chance) -> None:
    hand(canvas, head, chance, (chance.uniform(-0.6, 0.6), chance.uniform(2.3, 2.6)))


def hat(canvas: Canvas, head: Head, chance: Chance) -> None:
    brim = chance.uniform(-0.8, -0.65)
    filled(canvas, head.at((-1.3, brim), (1.3, brim), (1.1, -2.2), (-1.1, -2.2)), any_color(chance), chance)


COVERING = (mask, hand_over_the_mouth, hand_over_an_eye, board, hair_over_an_eye)
HARMLESS = (sunglasses, microphone, hand_at_the_chin, hat)


def hand(canvas: Canvas, head: Head, chance: Chance, middle: tuple[float, float]) -> None:
    """Four fingers and a palm, in the colour of the cheeks, that come from below or from a side."""
    height, width = canvas.shape[:2]
    cheeks = [canvas[min(max(y, 0), height - 1), min(max(x, 0), width - 1)] for x, y in head.at((-0.5, 0.6), (0.5, 0.6))]
    skin = (np.mean(cheeks, axis=0) * chance.uniform(0.8, 1.1)).clip(0, 255)
    turn, thick = chance.uniform(-1.2, 1.2), max(2, round(head.unit * 0.24))
    wrist = head._replace(between=head.at(middle)[0], across=turned(head.across, turn))
    for root in (-0.4, -0.13, 0.13, 0.4):
        finger = wrist.at((root, 0.35), (root, -chance.uniform(0.25, 0.45)))
        cv2.polylines(canvas, [finger], False, (skin * 0.7).tolist(), thick + max(1, thick // 8), cv2.LINE_AA)
        cv2.polylines(canvas, [finger], False, skin.tolist(), thick, cv2.LINE_AA)
    filled(canvas, wrist.at((-0.55, 0.3), (0.55, 0.3), (0.45, 1.2), (-0.45, 1.2)), tuple(skin.tolist()), chance)


def turned(vector: np.ndarray, radians: float) -> np.ndarray:
    x, y = vector
    return np.array([x * np.cos(radians) - y * np.sin(radians), x * np.sin(radians) + y * np.cos(radians)])


def filled(canvas: Canvas, polygon: np.ndarray, color: Color, chance: Chance, grain: float = 6.0) -> None:
    """A polygon in one colour, darker downwards, with the grain of cloth or skin."""
    inside = np.zeros(canvas.shape[:2], np.uint8)
    cv2.fillPoly(inside, [polygon], 255, cv2.LINE_AA)
    light = np.linspace(1.05, chance.uniform(0.7, 1.0), len(canvas))[:, None, None]
    cloth = np.array(color) * light + chance.normal(0, grain, (*canvas.shape[:2], 1))
    share = inside[..., None] / 255
    canvas[:] = (canvas * (1 - share) + cloth.clip(0, 255) * share).astype(np.uint8)


def any_color(chance: Chance) -> Color:
    red, green, blue = chance.integers(0, 256, 3).tolist()
    return red, green, blue


def pixel(head: Head, place: tuple[float, float]) -> tuple[int, int]:
    x, y = head.at(place)[0].tolist()
    return x, y


def ellipse(head: Head, across: float, down: float) -> tuple[int, int]:
    return max(1, round(across * head.unit)), max(1, round(down * head.unit))


def angle(head: Head) -> float:
    return float(np.degrees(np.arctan2(head.across[1], head.across[0])))


def pictures(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Every picture of the folder, and whether it lies in `covered`."""
    for covered in (True, False):
        for path in sorted((folder / ("covered" if covered else "clear")).rglob("*")):
            if path.suffix.lower() in ENDINGS:
                yield path, covered


def shown_in(path: Path, covered: bool, seed: int) -> Iterator[Shown]:
    """The picture, if it shows a face; one that is clear also with things drawn onto it."""
    try:
        rgb = load_picture(path, LONGEST_SIDE).rgb
    except MediaPreflightError as error:
        print(f"left out: {error}", file=sys.stderr)
        return
    face = next(likely(rgb), None)
    if face is None:
        return
    name = hashlib.sha256(path.read_bytes()).hexdigest()
    yield Shown(name, "", covered, rgb, face)
    if not covered:
        yield from drawn_on(rgb, face, name, seed)


def likely(rgb: Canvas) -> Iterator[Detection]:
    """What is likely a face at a glance, or at full size, as in the package; surest first."""
    for side in (GLANCE_SIDE, LONGEST_LOOK):
        yield from (each for each in centerface().detect(rgb, side) if each.score >= LIKELY)


@cache
def centerface() -> CenterFace:
    """One network for each process."""
    return CenterFace()


def on_all_cores(task: Callable[..., list[Answer]], folder: Path, seed: int) -> Iterator[Answer]:
    """What the task answers to each picture of the folder, in their order, whatever the number of processes."""
    with ProcessPoolExecutor(initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        asked = [pool.submit(task, path, covered, seed) for path, covered in pictures(folder)]
        for answers in asked:
            yield from answers.result()


def drawn_on(rgb: Canvas, face: Detection, name: str, seed: int) -> Iterator[Shown]:
    chance = np.random.default_rng([seed, int(name[:16], 16)])
    for covered, kinds in ((True, COVERING), (False, HARMLESS)):
        draw: Callable[[Canvas, Head, Chance], None] = kinds[chance.integers(len(kinds))]
        canvas = rgb.copy()
        draw(canvas, Head.of(face), chance)
        yield Shown(name, draw.__name__, covered, canvas, face)


def features(path: Path, covered: bool, seed: int) -> list[tuple[int, bool, np.ndarray]]:
    """For each face of a picture: its fold, whether it is covered, and its features."""
    found = []
    for shown in shown_in(path, covered, seed):
        face = seen_again(shown) if shown.drawn else shown.face
        if face is not None:
            row = parts(centerface(), Cuts(shown.rgb), face.points)
            found.append((int(shown.name[-8:], 16) % FOLDS, shown.covered, row))
    return found


def seen_again(shown: Shown) -> Detection | None:
    """The face as it is found behind what was drawn."""
    return next((each for each in likely(shown.rgb) if each.is_same(shown.face)), None)


def train(folder: Path, weights: Path, seed: int, *, anew: bool) -> None:
    """Write the weights, and print how folds that were left out are judged."""
    folds, labels, rows = zip(*on_all_cores(features, folder, seed), strict=True)
    shape = rows[0].shape
    columns, covered, fold = np.array(rows, np.float64).reshape(len(rows), -1), np.array(labels), np.array(folds)
    print(f"{len(rows)} faces, {covered.sum()} of them covered")
    start = Weights(np.zeros(columns.shape[1]), 0.0) if anew else shipped()
    scores = np.empty(len(rows))
    for number in range(FOLDS):
        left_out = fold == number
        scores[left_out] = regression(columns[~left_out], covered[~left_out], start).score(columns[left_out])
    # The bias makes this score a likelihood of one half. The rule's COVERED_MAX lies higher.
    limit = float(np.quantile(scores[~covered], 1 - FALSE_SHARE))
    print(f"left out: {(scores[covered] > limit).sum()} of the covered, {(scores[~covered] > limit).sum()} of the clear")
    found = regression(columns, covered, start)
    np.savez(weights, weights=found.each.reshape(shape).astype(np.float32), bias=np.float32(found.bias - limit - MARGIN))
    print(f"SHA-256 {hashlib.sha256(weights.read_bytes()).hexdigest()}")


class Weights(NamedTuple):
    """The weight of each feature, and the bias."""

    each: np.ndarray
    bias: float

    def score(self, features: np.ndarray) -> np.ndarray:
        scores: np.ndarray = features @ self.each + self.bias
        return scores


def shipped() -> Weights:
    """Those of the package."""
    with np.load(io.BytesIO(model_data("covering.npz"))) as stored:
        return Weights(stored["weights"].astype(np.float64).ravel(), float(stored["bias"]))


def regression(features: np.ndarray, covered: np.ndarray, start: Weights) -> Weights:
    """Logistic regression by Newton's method, with a penalty on how far weights of standardised features go from the start."""
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    columns = np.column_stack([(features - middle) / spread, np.ones(len(features))])
    penalty = np.full(columns.shape[1], PENALTY)
    penalty[-1] = 0.0
    known, found = start.score(features), np.zeros(columns.shape[1])
    for _ in range(ROUNDS):
        likely = 0.5 + 0.5 * np.tanh((known + columns @ found) / 2)
        slope = columns.T @ (likely - covered) + penalty * found
        # The curvature need not be exact, and takes nearly all the time.
        narrow = (columns * np.sqrt(likely * (1 - likely))[:, None]).astype(np.float32)
        curve = (narrow.T @ narrow).astype(np.float64) + np.diag(penalty)
        found = found - np.linalg.solve(curve, slope)
    change = found[:-1] / spread
    return Weights(start.each + change, float(start.bias + found[-1] - change @ middle))


def verdicts(path: Path, covered: bool, seed: int) -> list[tuple[str, bool, bool]]:
    """For the largest face of a picture, as it is and drawn onto: its kind, and whether it is turned away or warned of."""
    found = []
    for shown in shown_in(path, covered, seed):
        height, width = shown.rgb.shape[:2]
        for face in faces_in(Picture(shown.rgb, width, height)).faces[:1]:
            turned = abs(face.yaw_deg) >= TURNED_DEG
            kind = shown.drawn or ("covered" if shown.covered else "clear")
            found.append((kind, turned, not turned and face.covered > COVERED_MAX))
    return found


def judge(folder: Path, seed: int) -> None:
    """Print how many faces of each kind the rule would warn of, of how many that it judges."""
    judged, found = Counter[str](), Counter[str]()
    for kind, turned, warned in on_all_cores(verdicts, folder, seed):
        judged[f"{kind}, turned away" if turned else kind] += 1
        found[kind] += warned
    for kind, number in judged.items():
        print(f"{kind}: {found[kind]} of {number}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train")
    training.add_argument("folder", type=Path)
    training.add_argument("weights", type=Path)
    training.add_argument("--anew", action="store_true", help="begin at nothing, not at the weights of the package")
    commands.add_parser("judge").add_argument("folder", type=Path)
    options = parser.parse_args()
    if options.command == "train":
        train(options.folder, options.weights, options.seed, anew=options.anew)
    else:
        judge(options.folder, options.seed)


if __name__ == "__main__":
    main()
