// Shared by all views: rendering after a change, messages, and the current location.

let draw = () => {};
let waiting = false;

export const message = { text: "", bad: false };

export function drawnBy(render) {
  draw = render;
}

// Render again, once for all changes made together.
export function changed() {
  if (waiting) return;
  waiting = true;
  queueMicrotask(() => {
    waiting = false;
    draw();
  });
}

export function say(text, bad = false) {
  Object.assign(message, { text, bad });
  changed();
}

export const isNarrow = (width) => matchMedia(`(max-width: ${width})`).matches;

// Run an action, and show the message of an error. A success takes away the error that was shown before.
export async function attempt(action) {
  const before = message.text;
  try {
    await action();
    if (message.bad && message.text === before) say("");
  } catch (error) {
    say(error.message, true);
  }
  changed();
}

const RENAMED = { examples: "operations" }; // Addresses of before are still good.

// `#exchanges/12` is the view `exchanges` with the parts `["12"]`.
export function place() {
  const [view, ...parts] = location.hash.slice(1).split("/").map(decodeURIComponent);
  return { view: RENAMED[view] ?? view, parts };
}

export const link = (...parts) => `#${parts.map(encodeURIComponent).join("/")}`;

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} copied.`);
  } catch {
    say(`The browser did not allow copying. Select the text and copy it.`, true);
  }
}
