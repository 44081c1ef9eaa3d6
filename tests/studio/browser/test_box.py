"""The geometry of boxes and cuts, as the page computes it: in the browser, with many boxes at once."""

import pytest

pytestmark = pytest.mark.sweep

# Boxes that are moved, grown and stretched at random, whatever the hand does: those that break a promise.
BROKEN = """
async ([ratio, across, down]) => {
  const {fitted, grown, moved, stretched, parts} = await import(new URL("assets/box.js", location.href));
  const [wide, high] = parts(ratio);
  let seed = 7;
  const random = (most) => (seed = (seed * 48271) % 2147483647) % most;
  const picture = [across, down];
  const broken = [];
  let box = fitted([random(across), random(down), random(across)], ratio, picture);
  for (let step = 0; step < 4000; step += 1) {
    const before = box;
    const by = [random(4 * across) - 2 * across + 0.37, random(4 * down) - 2 * down + 0.61];
    const corner = ["ne", "nw", "se", "sw"][random(4)];
    const kind = random(4);
    if (kind === 0) box = moved(box, by, ratio, picture);
    else if (kind === 1) box = grown(box, random(41) - 20, ratio, picture);
    else if (kind === 2) box = stretched(box, corner, by, ratio, picture);
    else box = fitted([by[0], by[1], random(2 * across)], ratio, picture);
    const [left, top, right, bottom] = box;
    const across_stays = corner.includes("e") ? left === before[0] : right === before[2];
    const down_stays = corner.includes("s") ? top === before[1] : bottom === before[3];
    const held = kind !== 2 || (across_stays && down_stays);
    const size = kind !== 0 || right - left === before[2] - before[0];
    const sound = box.every(Number.isInteger) && left >= 0 && top >= 0 && right <= across && bottom <= down && right > left;
    if (!held || !size || !sound || (right - left) * high !== (bottom - top) * wide) broken.push([kind, corner, by, before, box]);
  }
  return broken.slice(0, 3);
}
"""

SNAPS = """
async () => {
  const {neighbour, snapped} = await import(new URL("assets/snaps.js", location.href));
  const snaps = [0, 1.2, 3, 4.5];
  return [
    [1.6, 2, 3.4, 4.4, -1].map((time) => snapped(time, snaps)),
    [[1.2, 1, 0], [1.2, -1, 0], [4.5, 1, 0], [3, -1, 2]].map(([time, way, least]) => neighbour(time, snaps, way, least, 4.5)),
  ];
}
"""


PICTURES = ([640, 640], [1920, 1080], [403, 1201], [20, 24])


def test_boxes_keep_their_ratio_inside_the_picture_and_ends_snap_to_pauses(studio) -> None:
    """On one page, since opening it takes longer than all of this."""
    broken = {
        (ratio, *picture): studio.page.evaluate(BROKEN, [ratio, *picture]) for ratio in ("1:1", "3:4") for picture in PICTURES
    }
    assert not any(broken.values()), broken
    assert studio.page.evaluate(SNAPS) == [[1.2, 2, 3, 4.5, -1], [3, 0, 4.5, 3]]
