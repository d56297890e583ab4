// Single operations that respond with an error, late, or with a network fault. What breaks one is a scenario:
// `listpets.503` is one of `listPets`.

import { attempt, link } from "./page.js";
import { html, mark, method, nothing } from "./parts.js";
import * as scenarios from "./scenarios.js";

// Statuses that clients should survive, documented or not.
const USUAL = ["500", "503", "429", "404"];
const RETRIED = ["503", "429"]; // statuses that come with Retry-After
const DELAY = "5s";
const EMPTY = "empty-list";
const LONGEST = 40; // characters of an operation's ID in the name of a scenario

const names = new Map(); // the beginnings of scenario names, by the number of the operation
let choice = { number: -1, what: "" }; // What is selected for an operation.

// Learn all operations: names of scenarios are short, and each belongs to one operation.
export function know(operations) {
  names.clear();
  const taken = new Set();
  for (const { number, id } of operations) {
    const slug = id.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, LONGEST);
    const name = !slug || taken.has(slug) ? `${slug || "operation"}-${number}` : slug;
    taken.add(name);
    names.set(number, name);
  }
}

const isOf = ({ number }) => ({ name }) => name.startsWith(`${names.get(number)}.`);

// What an operation is broken with: `["503"]`.
function problemsOf(operation) {
  const active = scenarios.running().filter(isOf(operation));
  return active.map(({ name }) => name.slice(names.get(operation.number).length + 1));
}

// The broken ones among operations, with their problems.
export function broken(operations) {
  if (!scenarios.running().length) return [];
  return operations.map((operation) => ({ operation, problems: problemsOf(operation) })).filter(({ problems }) => problems.length);
}

const isStatus = (what) => /^\d{3}$/.test(what);

export const badge = (what) => mark(what === DELAY ? "5 s late" : what === EMPTY ? "empty list" : isStatus(what) ? `now ${what}` : what, "bad");

const isDocumented = ({ statuses }, what) =>
  [what, `${what[0]}XX`, `${what[0]}xx`, "default"].some((status) => statuses.includes(status));

function sentence(operation, what) {
  if (what === DELAY) return "responds after 5 s";
  if (what === EMPTY) return "responds with an empty list";
  if (!isStatus(what)) return `has the network fault ${what}`;
  return `responds with ${what}${isDocumented(operation, what) ? "" : " (undocumented)"}`;
}

async function start(operation, what) {
  const undocumented = isStatus(what) && !isDocumented(operation, what);
  // Without a body, an undocumented error has the format of the contract's other errors.
  const headers = undocumented && RETRIED.includes(what) ? { headers: { "Retry-After": "30" } } : {};
  const status = { code: Number(what), ...headers };
  const response = what === DELAY ? { delay: 5 } : what === EMPTY ? { items: 0 } : isStatus(what) ? status : { fault: what };
  const definition = {
    summary: `${operation.id} ${sentence(operation, what)}.`,
    when: { operation: operation.id },
    response,
    "breaks-contract": undocumented || "fault" in response,
  };
  await scenarios.replace(isOf(operation), `${names.get(operation.number)}.${what}`, definition);
}

const undo = (operation) => scenarios.replace(isOf(operation));

const undoButton = (operation, label) =>
  html`<button type="button" class="small" aria-label=${label} @click=${() => attempt(() => undo(operation))}>Undo</button>`;

// The menu of an operation: its documented errors first.
export function menu(operation) {
  const errors = [...new Set([...operation.statuses.filter((each) => /^[45]\d\d$/.test(each)), ...USUAL])];
  const documented = errors.filter((each) => isDocumented(operation, each));
  const undocumented = errors.filter((each) => !isDocumented(operation, each));
  if (choice.number !== operation.number) choice = { number: operation.number, what: documented[0] ?? "503" };
  const option = (value, label) => html`<option value=${value} ?selected=${value === choice.what}>${label}</option>`;
  const group = (label, options) => (options.length ? html`<optgroup label=${label}>${options}</optgroup>` : nothing);
  return html`<form class="break" aria-label="Break this operation" @submit=${(event) => (event.preventDefault(), attempt(() => start(operation, choice.what)))}>
    <label>Break with <select @change=${(event) => (choice.what = event.target.value)}>
      ${group("Documented", documented.map((each) => option(each, each)))}
      ${group("Undocumented", undocumented.map((each) => option(each, `${each} (undocumented)`)))}
      ${group("Data", operation.isList ? [option(EMPTY, "empty list")] : [])}
      ${group("Delay", [option(DELAY, "5 s delay")])}
      ${group("Network fault", scenarios.faultNames().map((each) => option(each, `fault: ${each}`)))}
    </select></label>
    <button type="submit">Break</button>
  </form>`;
}

// On the page of an operation: how it is broken, and what else may change its responses.
export function banner(operation) {
  const problems = problemsOf(operation);
  const others = scenarios.running().filter((each) => !isOf(operation)(each));
  return html`${problems.length
      ? html`<p class="notice bad broken" role="alert"><b>Broken:</b> ${problems.map((each) => sentence(operation, each)).join(", ")} <small>${scenarios.audience()}</small>
          ${undoButton(operation, "Undo")}</p>`
      : nothing}
    ${others.length
      ? html`<p class="notice">Active <a href="#scenarios">scenarios</a> may change its responses: ${others.map(({ name }) => mark(name))}</p>`
      : nothing}`;
}

export const isNow = (operation, code) => problemsOf(operation).includes(String(code));

// Over the list of operations: the broken ones, wherever they stand in it.
export function list(operations) {
  const found = broken(operations);
  if (!found.length) return nothing;
  return html`<section class="notice bad" aria-label="Broken operations">
    <p><b>Broken</b> <small>${scenarios.audience()}</small></p>
    <ul>${found.map(({ operation, problems }) => html`<li class="broken">
      <a href=${link("operations", String(operation.number))}>${method(operation.method)} <code>${operation.path}</code></a>
      ${problems.map((each) => sentence(operation, each)).join(", ")} ${undoButton(operation, `Undo ${operation.method} ${operation.path}`)}
    </li>`)}</ul>
  </section>`;
}
