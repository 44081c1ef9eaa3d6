// Where a cut may go: times in seconds, in order.
const REACH_S = 0.5;

// The nearest of these times, if it is near enough; else the time itself.
export function snapped(time, snaps) {
  const nearest = snaps.reduce((best, each) => (Math.abs(each - time) < Math.abs(best - time) ? each : best), Infinity);
  return Math.abs(nearest - time) <= REACH_S ? nearest : time;
}

// The next time after or before this one (`direction` 1 or -1), within these ends.
export function neighbour(time, snaps, direction, least, most) {
  const beyond = snaps.filter((each) => (direction > 0 ? each > time + 0.001 : each < time - 0.001) && each >= least && each <= most);
  return (direction > 0 ? beyond[0] : beyond.at(-1)) ?? time;
}
