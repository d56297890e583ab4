// The frame around every page: title, navigation with counts, theme, and whether the page is live.

import * as access from "./access.js";
import { ask, follow } from "./api.js";
import * as exchanges from "./exchanges.js";
import { render } from "./lit-html/lit-html.js";
import * as operations from "./operations.js";
import { attempt, changed, drawnBy, message, say } from "./page.js";
import { html, icon, nothing } from "./parts.js";
import * as releases from "./releases.js";
import * as scenarios from "./scenarios.js";

export const VIEWS = { operations, exchanges, scenarios, access, releases };
const THEMES = { "": "System", light: "Light", dark: "Dark" };

let health = { contracts: [] };
let live = false;

function badge({ count, alarm }) {
  const number = count?.();
  return number ? html`<span class="count ${alarm ? "alarm" : ""}">${number}<span class="hidden"> ${alarm ?? ""}</span></span>` : nothing;
}

const item = (title, name, href, isCurrent, view) => html`<li>
  <a href=${href} aria-current=${isCurrent ? "page" : nothing}>${icon(name)}<span>${title}</span>${view ? badge(view) : nothing}</a>
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

const top = (base) => html`<header class="top">
  <a class="home" href=${base || "#"}><img src="${base}static/icon.svg" alt="" width="28" height="28"><span>Mock console</span></a>
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

const shown = () => Object.entries(VIEWS).filter(([name]) => name !== "releases" || releases.exist());

// `base`: the console, as seen from this page; `current` and `view`: what is shown in the frame.
const frame = ({ base, current, view }) => html`${top(base)}
  <nav aria-label="Console">
    <ul>
      ${shown().map(([name, each]) => item(each.title, name, `${base}#${name}`, name === current(), each))}
      ${item("Contract", "contract", base ? "./" : "contract/", current() === "contract")}
    </ul>
  </nav>
  <main id="main" tabindex="-1">
    ${health.stale ? html`<p class="notice bad">The contract has changed, but cannot be served: ${health.stale}</p>` : nothing}
    <div role="status">
      ${message.text
        ? html`<p class="notice message ${message.bad ? "bad" : ""}">${message.text} <button type="button" class="close" aria-label="Close the message" @click=${() => say("")}>×</button></p>`
        : nothing}
    </div>
    ${view()}
  </main>`;

async function start() {
  health = await ask("health");
  await operations.load();
  await scenarios.load();
  await releases.look();
}

// Draw the frame, and load what all of it needs.
export async function open(page) {
  try {
    document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "";
  } catch {
    document.documentElement.dataset.theme = "";
  }
  drawnBy(() => render(frame(page), document.getElementById("console")));
  addEventListener("released", () => attempt(start));
  changed();
  await attempt(start);
  return health;
}

// Show new exchanges as they happen.
export const goLive = () =>
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
