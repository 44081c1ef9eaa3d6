// A box on a picture: dragged and resized by cropperjs' canvas and handles, or with the keyboard. The geometry is ours, in whole pixels.
import "./vendor/cropper.js";
import { fitted, grown, moved, stretched } from "./box.js";
import { element } from "./nodes.js";
import { word } from "./words.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAST = 10;

export class BoxEditor extends EventTarget {
  box;
  ratio;
  #picture;
  #image;
  #canvas;
  #selection;
  #start = null;

  // `frame` holds `image`, which shows a picture of `[width, height]` pixels.
  constructor(frame, image, picture) {
    super();
    this.#picture = picture;
    this.#image = image;
    const handles = ["move", "ne-resize", "nw-resize", "se-resize", "sw-resize"].map((action) =>
      element("cropper-handle", { action, plain: action === "move" }));
    this.#selection = element("cropper-selection", {
      movable: true, resizable: true, precise: true, tabindex: 0, role: "application", "aria-label": word("box"), onkeydown: (event) => this.#key(event),
    }, ...handles);
    this.#canvas = element("cropper-canvas", {}, element("cropper-shade", { hidden: true }), this.#selection);
    this.#canvas.addEventListener("actionstart", (event) => this.#begin(event), true);
    this.#canvas.addEventListener("action", (event) => this.#drag(event), true);
    this.#canvas.addEventListener("actionend", () => this.#end(), true);
    frame.append(this.#canvas);
    new ResizeObserver(() => this.#draw()).observe(image);
  }

  show(box, ratio) {
    this.box = box;
    this.ratio = ratio;
    this.#draw();
  }

  // A box at this place and of this width, as near as may be.
  place(left, top, width) {
    this.#change(fitted([left, top, width], this.ratio, this.#picture), true);
  }

  get #scale() {
    return this.#image.clientWidth / this.#picture[0];
  }

  #draw() {
    if (!this.box || !this.#image.clientWidth) return;
    const [left, top, right, bottom] = this.box.map((edge) => edge * this.#scale);
    this.#selection.$change(left, top, right - left, bottom - top, NaN, true);
  }

  #change(box, over) {
    this.box = box;
    this.#draw();
    this.dispatchEvent(new CustomEvent(over ? "change" : "moving"));
  }

  #begin(event) {
    const { relatedEvent } = event.detail;
    this.#start = { box: this.box, x: relatedEvent.pageX, y: relatedEvent.pageY };
  }

  #drag(event) {
    event.preventDefault();
    const { action, relatedEvent } = event.detail;
    if (!this.#start || !relatedEvent || !(action === "move" || action?.endsWith("-resize"))) return;
    const by = [(relatedEvent.pageX - this.#start.x) / this.#scale, (relatedEvent.pageY - this.#start.y) / this.#scale];
    const { box } = this.#start;
    this.#change(action === "move" ? moved(box, by, this.ratio, this.#picture) : stretched(box, action.split("-")[0], by, this.ratio, this.#picture), false);
  }

  #end() {
    const dragged = this.#start && this.#start.box !== this.box;
    this.#start = null;
    if (dragged) this.dispatchEvent(new CustomEvent("change"));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const pixels = event.shiftKey ? FAST : 1;
    const arrow = ARROWS[event.key];
    const growth = { "+": 1, "=": 1, "-": -1, "_": -1, "*": 1 }[event.key];
    if (!arrow && !growth) return;
    event.preventDefault();
    if (arrow) this.#change(moved(this.box, arrow.map((each) => each * pixels), this.ratio, this.#picture), true);
    else this.#change(grown(this.box, growth * 2 * pixels, this.ratio, this.#picture), true);
  }
}
