// Boxes of a fixed ratio inside a picture. A box is [left, top, right, bottom] in whole pixels, right and bottom exclusive.

// The parts of a ratio: "3:4" → [3, 4].
export const parts = (ratio) => ratio.split(":").map(Number);

const within = (number, least, most) => Math.min(Math.max(number, least), Math.max(least, most));
const LEAST = 16;

// The nearest box of this ratio and about this width that is inside a picture of [width, height], at about this place.
export function fitted([left, top, width], ratio, [across, down]) {
  const [wide, high] = parts(ratio);
  const most = Math.floor(Math.min(across / wide, down / high));
  const unit = within(Math.round(width / wide), Math.min(Math.ceil(LEAST / wide), most), most);
  const x = within(Math.round(left), 0, across - unit * wide);
  const y = within(Math.round(top), 0, down - unit * high);
  return [x, y, x + unit * wide, y + unit * high];
}

// A box that is moved by so many pixels.
export const moved = ([left, top, right], [dx, dy], ratio, picture) => fitted([left + dx, top + dy, right - left], ratio, picture);

// A box that is made wider by so many units of its ratio, its middle kept.
export function grown([left, top, right], units, ratio, picture) {
  const [wide, high] = parts(ratio);
  const change = units * wide;
  return fitted([left - change / 2, top - (units * high) / 2, right - left + change], ratio, picture);
}

// A box whose corner (such as "se") is dragged by so many pixels; the opposite corner stays.
export function stretched([left, top, right, bottom], corner, [dx, dy], ratio, [across, down]) {
  const [wide, high] = parts(ratio);
  const [east, south] = [corner.includes("e"), corner.includes("s")];
  const wished = Math.max((right - left + (east ? dx : -dx)) / wide, (bottom - top + (south ? dy : -dy)) / high);
  const room = Math.min((east ? across - left : right) / wide, (south ? down - top : bottom) / high);
  const unit = within(Math.round(wished), Math.min(Math.ceil(LEAST / wide), Math.floor(room)), Math.floor(room));
  const x = east ? left : right - unit * wide;
  const y = south ? top : bottom - unit * high;
  return [x, y, x + unit * wide, y + unit * high];
}

// Whether one box is inside another.
export const holds = (outer, inner) =>
  outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3];
