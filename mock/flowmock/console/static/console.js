// The console: the layout around the views. Values from the mock are inserted as text only.

import * as access from "./access.js";
import * as examples from "./examples.js";
import * as exchanges from "./exchanges.js";
import { render } from "./lit-html/lit-html.js";
import * as operations from "./operations.js";
import { attempt, changed, drawnBy, message, place, say } from "./page.js";
import { html, icon, nothing } from "./parts.js";
import * as releases from "./releases.js";
import * as scenarios from "./scenarios.js";
import { ask, follow } from "./api.js";

const VIEWS = { operations, examples, exchanges, scenarios, access, releases };
const THEMES = { "": "System", light: "Light", dark: "Dark" };

let health = { contracts: [] };
let live = false;
let shown = ""; // The view that has been loaded.

const first = () => (operations.total() > 1 ? "operations" : "examples");
const current = () => (Object.hasOwn(VIEWS, place().view) ? place().view : first());
const views = () => Object.entries(VIEWS).filter(([name]) => name !== "operations" || operations.total() > 1);

function badge(name) {
  const count = VIEWS[name].count?.();
  return count ? html`<span class="count">${count}</span>` : nothing;
}

const item = (name, title, href) => html`<li>
  <a href=${href} aria-current=${name === current() ? "page" : nothing}>${icon(name)}<span>${title}</span>${name in VIEWS ? badge(name) : nothing}</a>
</li>`;

function chooseTheme(event) {
  const theme = event.target.value;
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Private windows may not allow storage.
  }
}

const top = () => html`<header class="top">
  <a class="home" href="#"><img src="static/icon.svg" alt="" width="28" height="28"><span>Mock console</span></a>
  <p class="what">
    ${health.contracts.map(({ title, version }) => html`<span class="contract"><b>${title}</b> ${version}</span>`)}
  </p>
  <p class="live ${live ? "now" : ""}"><i aria-hidden="true"></i>${live ? "live" : "not live"}</p>
  <label class="theme">
    <span class="hidden">Theme</span>
    <select @change=${chooseTheme}>
      ${Object.entries(THEMES).map(
        ([value, name]) => html`<option value=${value} ?selected=${value === document.documentElement.dataset.theme}>${name}</option>`,
      )}
    </select>
  </label>
</header>`;

const frame = () => html`${top()}
  <nav aria-label="Console">
    <ul>
      ${views().map(([name, view]) => item(name, view.title, `#${name}`))}
      ${item("contract", "Contract", "contract/")}
    </ul>
  </nav>
  <main id="main" tabindex="-1">
    ${health.stale ? html`<p class="notice bad">The contract has changed, but cannot be served: ${health.stale}</p>` : nothing}
    <div role="status">
      ${message.text
        ? html`<p class="notice message ${message.bad ? "bad" : ""}">${message.text} <button type="button" class="close" aria-label="Close the message" @click=${() => say("")}>×</button></p>`
        : nothing}
    </div>
    ${VIEWS[current()].view()}
  </main>`;

// Each view loads its data when it opens.
async function arrive() {
  const name = current();
  if (shown !== name) {
    scrollTo(0, 0);
    say("");
  }
  document.title = `${VIEWS[name].title} · Mock console`;
  await attempt(VIEWS[name].load);
  shown = name;
}

async function start() {
  health = await ask("health");
  await operations.load();
  await scenarios.load();
}

try {
  document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "";
} catch {
  document.documentElement.dataset.theme = "";
}
drawnBy(() => render(frame(), document.getElementById("console")));
addEventListener("hashchange", arrive);
addEventListener("released", () => attempt(start));
changed();
await attempt(start);
await arrive();
follow({
  live(now) {
    live = now;
    if (now) attempt(exchanges.catchUp); // Exchanges since the stream was interrupted.
    changed();
  },
  exchange(one) {
    exchanges.add(one);
    scenarios.happened();
  },
});
