// What went wrong and belongs to no file: one line at the top.
import { byId } from "./nodes.js";

export function showFailure(error) {
  const line = byId("failure");
  line.textContent = error.message;
  line.hidden = false;
}

export function clearFailure() {
  byId("failure").hidden = true;
}
