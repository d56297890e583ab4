// The console: one view in the frame, by the page's address. Values from the mock are inserted as text only.

import { goLive, open, VIEWS } from "./frame.js";
import { attempt, place, say } from "./page.js";

let shown = ""; // The view that has been loaded.

const current = () => (Object.hasOwn(VIEWS, place().view) ? place().view : "operations");

// Each view loads its data when it opens.
async function arrive() {
  if (place().view === "contract") return location.replace("contract/"); // a page of its own
  const name = current();
  if (shown !== name) {
    scrollTo(0, 0);
    say("");
  }
  await attempt(VIEWS[name].load);
  document.title = `${VIEWS[name].heading?.() ?? VIEWS[name].title} · Mock console`;
  shown = name;
}

addEventListener("hashchange", arrive);
await open({ base: "", current, view: () => VIEWS[current()].view() });
await arrive();
goLive();
