// The part of a recording or video that is kept: chosen on its waveform, in two fields, or by the pauses.
import { element, field, tick } from "./nodes.js";
import { get } from "./server.js";
import { neighbour, snapped } from "./snaps.js";
import { plain, seconds, word } from "./words.js";

// The policy of the page allows the style that wavesurfer.js writes for this height.
const HEIGHT = 88;
const LEAST_S = 0.05;
const thousandths = (time) => Math.round(time * 1000) / 1000;

export class Cut extends EventTarget {
  node;
  #file;
  #heard;
  #kept;
  #surfer = null;
  #region = null;
  #fields = {};
  #parts = {};

  // `kept`: the part that was chosen before this page was loaded again.
  constructor(role, file, kept) {
    super();
    this.#file = file;
    this.#kept = kept;
    const id = `cut-${role}`;
    this.node = element("section", { class: "panel cut", "aria-labelledby": id, "data-role": role },
      element("h2", { id }, word("cut", { role }), " ", element("bdi", { class: "path" }, plain(file.name))));
  }

  // The kept part in seconds; null if that is all of it.
  get kept() {
    const [start, end] = this.#kept;
    return start <= 0 && end >= this.#heard.duration_s ? null : [start, end];
  }

  async open() {
    this.#heard = await this.#hear();
    this.#kept ??= [0, this.#heard.duration_s];
    this.#build();
    await this.#draw();
    this.#show();
  }

  close() {
    this.#surfer?.destroy();
  }

  async #hear() {
    const silent = { duration_s: this.#file.facts.duration_s, peaks: [], speech: [], pauses: [], snaps: [0, this.#file.facts.duration_s], trouble: null };
    if (this.#file.kind !== "video") return get(`files/${this.#file.id}/waveform`);
    if (!this.#file.facts.audio_codec) return { ...silent, trouble: word("noSound") };
    return get(`files/${this.#file.id}/waveform`).catch((error) => ({ ...silent, trouble: error.message }));
  }

  #build() {
    const all = this.#heard.duration_s;
    const media = this.#media();
    const marks = [...spans(this.#heard.speech, all, "speech"), ...spans(this.#heard.pauses, all, "quiet")];
    const [before, after] = [element("span", { class: "left-out" }), element("span", { class: "left-out" })];
    const wave = element("div", { class: "wave-box" }, ...marks);
    const tracks = element("div", { class: "tracks", role: "img", "aria-label": word("waveform", { path: plain(this.#file.name) }) }, wave, before, after);
    this.#parts = { media, wave, tracks, before, after, length: element("p", { class: "aside length", role: "status" }), play: element("button", { type: "button", onclick: () => this.#play() }, word("play")) };
    const legend = element("p", { class: "boxes" }, swatch("speech"), " ", swatch("quiet"));
    const snap = tick(word("snap"), { checked: true });
    this.#fields.snap = snap.querySelector("input");
    const trouble = this.#heard.trouble ? element("p", { class: "aside" }, plain(this.#heard.trouble)) : null;
    this.node.append(
      ...(media instanceof HTMLVideoElement ? [media] : []), tracks,
      element("div", { class: "scale-ends aside" }, element("span", {}, "0 s"), " ", this.#parts.length, " ", element("span", {}, `${seconds(all)} s`)),
      ...[this.#heard.speech.length ? legend : null, trouble].filter(Boolean),
      element("div", { class: "actions" }, this.#parts.play, element("button", { type: "button", class: "whole", onclick: () => this.#set(0, all) }, word("whole")), this.#heard.snaps.length > 2 ? snap : null),
      element("div", { class: "row" }, this.#end("start", 0), this.#end("end", 1)));
  }

  #media() {
    if (this.#file.kind !== "video") return element("audio", { src: `files/${this.#file.id}/sound`, preload: "none" });
    const video = element("video", { src: `files/${this.#file.id}/content`, preload: "auto", playsinline: true, tabindex: -1, class: "watch" });
    // A browser may not play what the model takes: then there are the frames, and the sound.
    video.addEventListener("error", () => {
      video.hidden = true;
      if (this.#heard.peaks.length) this.#surfer?.setMediaElement(element("audio", { src: `files/${this.#file.id}/sound` }));
      else this.#parts.play.hidden = true;
    }, { once: true });
    return video;
  }

  // One end: a field, and buttons that go from pause to pause.
  #end(name, index) {
    const all = this.#heard.duration_s;
    const input = element("input", {
      type: "number", name, min: 0, max: all, step: 0.01,
      onchange: (event) => this.#move(index, Number.isFinite(event.target.valueAsNumber) ? event.target.valueAsNumber : this.#kept[index]),
    });
    this.#fields[index] = input;
    const jump = (label, direction) => element("button", { type: "button", "aria-label": `${word(name)}: ${word(label)}`, title: word(label), onclick: () => {
      const [least, most] = index ? [this.#kept[0] + LEAST_S, all] : [0, this.#kept[1] - LEAST_S];
      this.#move(index, neighbour(this.#kept[index], this.#heard.snaps, direction, least, most));
    } }, direction < 0 ? "◂" : "▸");
    const jumps = this.#heard.snaps.length > 2 ? [jump("earlier", -1), jump("later", 1)] : [];
    return element("div", { class: "end" }, field(word(name), input), ...jumps);
  }

  async #draw() {
    const { wave, media, tracks } = this.#parts;
    if (this.#file.kind === "video") tracks.prepend(await this.#frames());
    const [{ default: WaveSurfer }, { default: Regions }] = await Promise.all([import("./vendor/wavesurfer.js"), import("./vendor/regions.js")]);
    const regions = Regions.create();
    const peaks = this.#heard.peaks.length ? this.#heard.peaks : [0, 0];
    this.#surfer = WaveSurfer.create({
      container: wave, height: HEIGHT, media, peaks: [peaks], duration: this.#heard.duration_s,
      plugins: [regions], hideScrollbar: true, ...colours(),
    });
    this.#surfer.on("play", () => (this.#parts.play.textContent = word("pause")));
    this.#surfer.on("pause", () => (this.#parts.play.textContent = word("play")));
    const [start, end] = this.#kept;
    // Regions are kept only once the length is known.
    await new Promise((ready) => (this.#surfer.getDuration() ? ready() : this.#surfer.once("ready", ready)));
    this.#region = regions.addRegion({ id: "kept", start, end, drag: true, resize: true, color: "transparent", minLength: LEAST_S });
    regions.on("region-update", () => this.#shade(this.#region.start, this.#region.end));
    regions.on("region-updated", (_, side) => this.#dragged(side));
  }

  recolour() {
    this.#surfer?.setOptions(colours());
  }

  async #frames() {
    try {
      const { strip } = await get(`files/${this.#file.id}/frames`);
      return element("img", { class: "film", src: strip, alt: word("frames", { path: plain(this.#file.name) }) });
    } catch (error) {
      return element("p", { class: "aside" }, plain(error.message));
    }
  }

  #dragged(side) {
    let { start, end } = this.#region;
    if (this.#fields.snap.checked) {
      if (side !== "end") start = snapped(start, this.#heard.snaps);
      if (side !== "start") end = snapped(end, this.#heard.snaps);
    }
    this.#set(start, end);
  }

  #move(index, time) {
    const [start, end] = this.#kept;
    if (index) this.#set(start, Math.max(time, start + LEAST_S));
    else this.#set(Math.min(time, end - LEAST_S), end);
  }

  #set(start, end) {
    const all = this.#heard.duration_s;
    const within = (time) => Math.min(Math.max(thousandths(time), 0), all);
    const kept = [within(start), within(end)];
    const same = kept[0] === this.#kept[0] && kept[1] === this.#kept[1];
    this.#kept = kept;
    this.#show();
    if (!same) this.dispatchEvent(new Event("change"));
  }

  #show() {
    const [start, end] = this.#kept;
    this.#region?.setOptions({ start, end });
    this.#shade(start, end);
    this.#fields[0].value = thousandths(start);
    this.#fields[1].value = thousandths(end);
  }

  #shade(start, end) {
    const all = this.#heard.duration_s;
    this.#parts.before.style.width = `${(start / all) * 100}%`;
    this.#parts.after.style.left = `${(end / all) * 100}%`;
    this.#parts.after.style.width = `${(1 - end / all) * 100}%`;
    this.#parts.length.textContent = end - start >= all ? word("keepsAll", { all: seconds(all) }) : word("keeps", { kept: seconds(end - start), all: seconds(all) });
  }

  #play() {
    if (this.#surfer.isPlaying()) this.#surfer.pause();
    else this.#surfer.play(...this.#kept);
  }
}

function spans(times, all, sort) {
  return times.map(([start, end]) => {
    const mark = element("span", { class: `mark-${sort}` });
    mark.style.left = `${(start / all) * 100}%`;
    mark.style.width = `${((end - start) / all) * 100}%`;
    return mark;
  });
}

const swatch = (sort) => element("span", {}, element("span", { class: `swatch ${sort}` }), word(sort));

// The colours of the style sheet, as a canvas takes them.
function colours() {
  const probe = element("span", { hidden: true });
  document.body.append(probe);
  const colour = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const found = { waveColor: colour("wave"), progressColor: colour("accent"), cursorColor: colour("ink") };
  probe.remove();
  return found;
}
