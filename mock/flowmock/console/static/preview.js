// Preview of the response to a call: nothing is counted, recorded or changed.

import { attempt, changed, isNarrow, place, say } from "./page.js";
import { body, copied, headers, html, mark, method, nothing, outside, ruleText, status } from "./parts.js";
import { ask as request } from "./api.js";

const CHANGES = ["POST", "PUT", "PATCH", "DELETE"];

let operations = [];
let typical = 0;
let access = { tokens: [] };
let operation = null;
let result = null;
const call = { path: {}, query: "", prefer: "", caller: "", body: "" };
let requested = ""; // The last call that the page's address named.
let asked = 0; // Previews that were requested.

export async function load(session) {
  if (!operations.length) {
    ({ operations, typical } = await request("operations"));
    access = await request("access");
  }
  const { parts } = place();
  const wanted = /^\d+$/.test(parts[0]) ? parts.join("/") : "";
  if (!operation || (wanted && wanted !== requested)) {
    await choose(wanted ? Number(parts[0]) : typical);
    Object.assign(call, { prefer: "", ...(wanted ? JSON.parse(parts[1] ?? "{}") : {}) });
    requested = wanted;
  }
  await ask(session);
}

// Choose a call that the conditions of a scenario select, where they name an operation.
export async function follow({ operation: id, path = {}, query = {} }) {
  const wanted = operations.find((each) => each.id === id);
  if (!wanted) return;
  const simple = (conditions) => Object.entries(conditions).map(([name, value]) => [name, [value].flat()[0]]).filter(([, value]) => typeof value === "string");
  await choose(wanted.number);
  call.path = { ...call.path, ...Object.fromEntries(simple(path)) };
  call.query = String(new URLSearchParams([...new URLSearchParams(call.query), ...simple(query)]));
  call.prefer = "";
}

// If the panel is out of sight, a message shows the result.
export async function tell(session) {
  await ask(session);
  if (result && isNarrow("60rem")) say(`Response now: ${result.response.fault ?? result.response.status}, ${ruleText(result.rule)}.`);
}

export function forget() {
  operations = [];
  operation = null;
}

async function choose(number) {
  if (!operations[number]) return;
  operation = await request(`operations/${number}`);
  call.path = operation.path_sample;
  call.query = String(new URLSearchParams(operation.query));
  call.body = operation.body;
}

// A mock that remembers changes cannot show what one would lead to without making it.
const hasPreview = () => !access.stateful || !CHANGES.includes(operation.method);

export async function ask(session) {
  if (!operation) return;
  const number = ++asked;
  if (!hasPreview()) {
    result = null;
    return changed();
  }
  const pairs = new URLSearchParams(call.query);
  const latest = await request("preview", "POST", {
    ...call,
    operation: operation.number,
    query: Object.fromEntries([...pairs.keys()].map((name) => [name, pairs.getAll(name)])),
    session,
  });
  if (number !== asked) return; // Another one is on its way.
  result = latest;
  changed();
}

function callers() {
  const roles = { all: "may view everything", none: "may view nothing", some: "may view" };
  const label = ({ number, masked, role, resource_ids: ids }) => `token ${number} ${masked} ${roles[role]}${role === "some" ? ` ${ids.join(", ")}` : ""}`;
  return [
    ["", access.any ? "any token" : "the token with the most permissions"],
    ...access.tokens.map((token) => [String(token.number), label(token)]),
    ["anonymous", "no token"],
    ["invalid", "an invalid token"],
  ];
}

function inputs(session) {
  const again = () => attempt(() => ask(session));
  const change = (key) => (event) => {
    call[key] = event.target.value;
    again();
  };
  const inPath = operation.parameters.filter((each) => each.in === "path");
  return html`<form class="call" @submit=${(event) => (event.preventDefault(), again())}>
    ${operations.length > 1
      ? html`<label class="wide">Operation <select @change=${(event) => attempt(async () => (await choose(Number(event.target.value)), ask(session)))}>
          ${operations.map((each) => html`<option value=${each.number} ?selected=${each.number === operation.number}>${each.method} ${each.path}</option>`)}
        </select></label>`
      : nothing}
    ${inPath.map(
      (each, index) => html`<label class="wide">${each.name}
        <input list=${`values-${index}`} autocomplete="off" spellcheck="false" .value=${call.path[each.name] ?? ""}
          @change=${(event) => ((call.path = { ...call.path, [each.name]: event.target.value }), again())}></label>
        <datalist id=${`values-${index}`}>${each.values.map((value) => html`<option value=${value}></option>`)}</datalist>`,
    )}
    <label>Query <input autocomplete="off" spellcheck="false" placeholder="name=value" .value=${call.query} @change=${change("query")}></label>
    <label>Prefer <input autocomplete="off" spellcheck="false" placeholder="code=404" .value=${call.prefer} @change=${change("prefer")}></label>
    <label class="wide">As <select @change=${change("caller")}>
      ${callers().map(([value, name]) => html`<option value=${value} ?selected=${value === call.caller}>${name}</option>`)}
    </select></label>
    ${["POST", "PUT", "PATCH"].includes(operation.method)
      ? html`<label class="wide">Body <input autocomplete="off" spellcheck="false" .value=${call.body} @change=${change("body")}></label>`
      : nothing}
    <button type="submit">Refresh</button>
  </form>`;
}

function outcome({ request: sent, response, rule, milliseconds, within_contract: within, violations, curl }) {
  return html`<div class="result" aria-live="polite">
    <p class="line">${method(sent.method)} <code>${sent.target}</code></p>
    <p class="outcome">
      ${status(response.status, response.fault)}
      ${milliseconds ? mark(`after ${milliseconds / 1000} s`, "warn") : nothing}
      ${response.fault ? mark(`network fault: ${response.fault}`, "bad") : nothing}
      ${within ? nothing : outside()}
    </p>
    <p class="rule">${ruleText(rule)}</p>
    ${violations.map((each) => html`<p class="violation">${each}</p>`)}
    ${body(response.body, "Response body")}
    <details><summary>Headers</summary>${headers(response.headers)}</details>
    <details><summary>As curl</summary>${copied(curl, "curl")}</details>
  </div>`;
}

export function view(session) {
  return html`<section class="preview" aria-labelledby="preview-title">
    <h2 id="preview-title">Response preview</h2>
    ${operation
      ? html`<details class="request" ?open=${!isNarrow("60rem")}><summary>Request</summary>${inputs(session)}</details>`
      : nothing}
    ${operation && !hasPreview() ? html`<p>Requests that change data have no preview with <code>--stateful</code>.</p>` : nothing}
    ${result ? outcome(result) : nothing}
    <p class="quiet">A preview: nothing is counted or recorded, and delays are skipped.</p>
  </section>`;
}
