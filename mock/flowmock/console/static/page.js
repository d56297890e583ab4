// What all views share: drawing anew after a change, saying what went wrong, and where one is.

let draw = () => {};
let waiting = false;

export const said = { text: "", bad: false };

export function drawnBy(render) {
  draw = render;
}

// Draw again, once for all changes that are made at a time.
export function changed() {
  if (waiting) return;
  waiting = true;
  queueMicrotask(() => {
    waiting = false;
    draw();
  });
}

export function say(text, bad = false) {
  Object.assign(said, { text, bad });
  changed();
}

export const isNarrow = (width) => matchMedia(`(max-width: ${width})`).matches;

// Do something, and say what went wrong where it did.
export async function attempt(action) {
  try {
    await action();
    if (said.bad) say("");
  } catch (error) {
    say(error.message, true);
  }
  changed();
}

// `#exchanges/12` is the view `exchanges` with the parts `["12"]`.
export function place() {
  const [view, ...parts] = location.hash.slice(1).split("/").map(decodeURIComponent);
  return { view, parts };
}

export const link = (...parts) => `#${parts.map(encodeURIComponent).join("/")}`;

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} copied.`);
  } catch {
    say(`This page may not copy here. Select the text instead.`, true);
  }
}
