// Recorded requests and responses, live.

import { repeat } from "./lit-html/directives/repeat.js";
import { attempt, changed, link, place } from "./page.js";
import { difference } from "./difference.js";
import { body, copied, empty, headers, html, mark, method, nothing, outside, ruleText, status } from "./parts.js";
import { ask } from "./api.js";

export const title = "Exchanges";

const MOST = 300; // exchanges on the page
const KINDS = [["", "all"], ["2", "2xx"], ["3", "3xx"], ["4", "4xx"], ["5", "5xx"], ["fault", "faults"]];

let list = []; // newest first
let newest = 0;
let waiting = []; // exchanges received while paused
let paused = false;
let detail = null;
let other = null; // What it is compared with.
const filter = { text: "", kind: "", violations: false, operation: "", shown: "" };

// Show the exchanges of one operation, under its method and path.
export function only({ id, method: name, path }) {
  Object.assign(filter, { text: "", kind: "", violations: false, operation: id, shown: `${name} ${path}` });
}

export const count = () => list.length;

export async function load() {
  const [number, second] = place().view === "exchanges" ? place().parts.map(Number) : [];
  if (number && detail?.number !== number) detail = await ask(`exchanges/${number}`);
  if (second && other?.number !== second) other = await ask(`exchanges/${second}`);
}

async function replay(number) {
  const made = await ask(`exchanges/${number}/replay`, "POST");
  location.hash = link("exchanges", String(made.number), String(number));
}

export async function catchUp() {
  let recorded = await ask(`exchanges?limit=${MOST}&since=${newest}`);
  if (recorded.recorded < newest) {
    list = []; // The mock was restarted.
    newest = 0;
    recorded = await ask(`exchanges?limit=${MOST}`);
  }
  recorded.exchanges.forEach(add);
}

// Missed exchanges arrive after live ones, and some arrive twice.
export function add(exchange) {
  if (paused) {
    if (![...waiting, ...list].some(({ number }) => number === exchange.number)) waiting.push(exchange);
    changed();
    return;
  }
  const at = list.findIndex((each) => each.number <= exchange.number);
  if (list[at]?.number === exchange.number) return;
  list.splice(at < 0 ? list.length : at, 0, exchange);
  list.length = Math.min(list.length, MOST);
  newest = Math.max(newest, exchange.number);
  changed();
}

function pause() {
  paused = !paused;
  if (!paused) waiting.splice(0).forEach(add);
  changed();
}

async function clear() {
  await ask("exchanges", "DELETE");
  list = [];
  detail = other = null;
  location.hash = "#exchanges";
}

function text({ number, request, response, rule, session, caller, token, violations }) {
  return [number, request.method, request.target, response.status, response.fault, rule, ruleText(rule), session, caller, `token ${token}`, ...violations].join(" ").toLowerCase();
}

function matches(exchange) {
  const { response, violations } = exchange;
  const kind = response.fault ? "fault" : String(response.status)[0];
  return (!filter.operation || filter.operation === exchange.operation) && (!filter.kind || filter.kind === kind) && (!filter.violations || violations.length > 0) && text(exchange).includes(filter.text);
}

const opened = () => (Number(place().parts[0]) === detail?.number ? detail : null);

const compared = () => (Number(place().parts[1]) === other?.number ? other : null);

const several = (number, one, many) => (number === 1 ? one : `${number} ${many}`);

function row(exchange) {
  const { number, request, response, rule, violations, within_contract: within, began, milliseconds, session } = exchange;
  const isOpen = opened()?.number === number;
  const caller = shortCaller(exchange);
  return html`<li class=${isOpen ? "open" : ""}>
    <a class="row" href=${isOpen ? "#exchanges" : link("exchanges", String(number))} aria-expanded=${String(isOpen)} role="button"
      @keydown=${(event) => event.key === " " && (event.preventDefault(), event.target.click())}>
      <span class="number">${number}</span>
      <time datetime=${began}>${new Date(began).toLocaleTimeString("en-GB")}</time>
      ${method(request.method)}
      <span class="target">${request.target}</span>
      ${status(response.status, response.fault)}
      <span class="rule">${ruleText(rule)}</span>
      <span class="marks">
        ${session ? mark(session, "session") : nothing}
        ${caller ? mark(caller) : nothing}
        ${violations.length ? mark(several(violations.length, "1 violation", "violations"), "warn") : nothing}
        ${within ? nothing : outside()}
      </span>
      <span class="ms">${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms</span>
    </a>
    ${isOpen ? shown(detail) : nothing}
  </li>`;
}

// Another exchange to compare one with: those of the same operation come first.
function choice({ number, operation }) {
  const others = list.filter((each) => each.number !== number);
  if (!others.length) return nothing;
  const sorted = [...others.filter((each) => each.operation === operation), ...others.filter((each) => each.operation !== operation)];
  const go = (event) => (location.hash = link("exchanges", String(number), ...(event.target.value ? [event.target.value] : [])));
  return html`<label>Compare with <select @change=${go}>
    <option value="">nothing</option>
    ${sorted.map((each) => html`<option value=${each.number} ?selected=${each.number === compared()?.number}>${each.number} ${each.request.method} ${each.request.target.slice(0, 60)} ${each.response.status}</option>`)}
  </select></label>`;
}

const MAY = { all: "may view everything", some: "may view some resources", none: "may view nothing" };
const OTHERS = { anonymous: "no credentials", invalid: "invalid credentials", any: "any credentials" };

// Who called, where that tells callers apart.
function shortCaller({ caller, token, violations }) {
  if (token) return `token ${token}`;
  if (caller === "invalid") return "invalid token";
  return caller === "anonymous" && violations.some((each) => each.startsWith("security:")) ? "no token" : "";
}

const callerOf = ({ caller, token }) => `${token ? `token ${token}, ` : ""}${MAY[caller] ?? OTHERS[caller] ?? caller}`;

function shown(exchange) {
  const { number, request, response, violations, rule, operation, milliseconds, session, curl } = exchange;
  return html`<div class="exchange">
    <p class="actions">
      <button type="button" @click=${() => attempt(() => replay(number))}>Replay</button>
      ${operation ? html`<a class="button" href=${link("scenarios", "exchange", String(number))}>Make a scenario from this</a>` : nothing}
      ${choice(exchange)}
    </p>
    ${compared() ? difference(compared(), exchange) : nothing}
    <dl class="why">
      <div><dt>Rule</dt><dd>${ruleText(rule)} ${ruleText(rule) === rule ? nothing : html`<small>${rule.replace(/ \(.*\)/, "")}</small>`}</dd></div>
      <div><dt>Operation</dt><dd>${operation ?? "not in the contract"}</dd></div>
      <div><dt>Caller</dt><dd>${callerOf(exchange)}${session ? html`, session ${session}` : nothing}</dd></div>
      <div><dt>Duration</dt><dd>${milliseconds} ms</dd></div>
    </dl>
    ${violations.length
      ? html`<div class="violations"><h2 class="minor">Violations in the request</h2><ul>${violations.map((each) => html`<li>${each}</li>`)}</ul></div>`
      : nothing}
    ${copied(curl, "curl")}
    <div class="pair">
      <section>
        <h2 class="minor">Request</h2>
        <p class="line">${method(request.method)} <code>${request.target}</code></p>
        ${headers(request.headers)} ${body(request.body, "Request body")}
      </section>
      <section>
        <h2 class="minor">Response</h2>
        <p class="line">${status(response.status, response.fault)}</p>
        ${headers(response.headers)} ${body(response.body, "Response body")}
      </section>
    </div>
  </div>`;
}

const set = (key, value) => {
  filter[key] = value;
  changed();
};

export function view() {
  const found = list.filter(matches);
  return html`<div class="heading">
      <h1>${title}</h1>
      <p>Live requests, and the rule behind each response. Tokens are redacted.</p>
    </div>
    <form class="tools" @submit=${(event) => event.preventDefault()}>
      <label>Filter <input type="search" size="27" autocomplete="off" placeholder="text, status, rule or session" .value=${filter.text}
        @input=${(event) => set("text", event.target.value.trim().toLowerCase())}></label>
      <label>Status <select @change=${(event) => set("kind", event.target.value)}>
        ${KINDS.map(([value, name]) => html`<option value=${value} ?selected=${value === filter.kind}>${name}</option>`)}
      </select></label>
      <label class="check"><input type="checkbox" .checked=${filter.violations} @change=${(event) => set("violations", event.target.checked)}> with violations</label>
      ${filter.operation
        ? html`<span class="pill"><span title=${filter.shown}>${filter.shown}</span> <button type="button" class="close" aria-label="Show those of all operations" @click=${() => set("operation", "")}>×</button></span>`
        : nothing}
      <span class="push"></span>
      <button type="button" aria-pressed=${String(paused)} @click=${pause}>${paused ? `Resume (${waiting.length} waiting)` : "Pause"}</button>
      <button type="button" @click=${() => attempt(clear)}>Clear</button>
      <a class="button" href="exchanges.har?limit=1000" download="flowmock.har">Download HAR</a>
    </form>
    ${found.length
      ? html`<ol class="exchanges" reversed>${repeat(found, ({ number }) => number, row)}</ol>`
      : list.length
        ? empty("No exchanges match the filter", `${several(list.length, "1 exchange is", "exchanges are")} hidden.`)
        : empty("No requests yet", "Send a request to the mock; it appears here immediately.")}`;
}
