// Calls to the studio's server. All addresses are relative to the page's own, which holds the token.
import { word } from "./words.js";

// What the server said no to, in the reader's language.
export class Refusal extends Error {}

async function call(address, request) {
  let answer;
  try {
    answer = await fetch(address, request);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(word("unreachable"));
  }
  if (answer.status === 204) return null;
  let said = null;
  try {
    said = await answer.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
  }
  if (!answer.ok || said === null) throw new Refusal(said?.error ?? word("unreachable"));
  return said;
}

export const get = (address, signal) => call(address, { signal });

export const post = (address, value, signal) =>
  call(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value), signal });

export const remove = (address) => call(address, { method: "DELETE" });

export const upload = (file) => call(`files?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });

// Ask every so often until it is over.
export async function follow(address, milliseconds, seen, isOver) {
  for (;;) {
    const state = await get(address);
    seen(state);
    if (isOver(state)) return state;
    await new Promise((resume) => setTimeout(resume, milliseconds));
  }
}

// Runs a call with the newest arguments only: an older one is given up, and its answer is not used.
export function newest(action) {
  let running = null;
  return async (...args) => {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    try {
      return await action(mine.signal, ...args);
    } catch (error) {
      if (error.name === "AbortError") return undefined;
      throw error;
    }
  };
}
