// Active scenarios: which, for whom and how long, with a preview of the response to a call.

import * as editor from "./editor.js";
import * as preview from "./preview.js";
import { attempt, changed, link, place } from "./page.js";
import { html, mark, nothing, outside, prose } from "./parts.js";
import { ask } from "./api.js";

export const title = "Scenarios";

let scenarios = [];
let faults = {};
let sessions = {};
let active = [];
let sought = "";
const scope = { session: "", calls: null };
const extra = { delay: 2, fault: "" };

export const count = () => active.length;

const query = () => `?session=${encodeURIComponent(scope.session)}`;

let loading = Promise.resolve();

// One after another: the page's address may change meanwhile, and the editor would open twice.
export function load() {
  loading = loading.catch(() => {}).then(loadNow);
  return loading;
}

async function loadNow() {
  const loaded = await ask(`scenarios${query()}`);
  scenarios = loaded.scenarios;
  faults = loaded.faults;
  take(loaded);
  if (place().view !== "scenarios") return;
  await preview.load(scope.session);
  if (await editor.load()) await preview.ask(scope.session);
}

function take(loaded) {
  active = loaded.active;
  sessions = loaded.sessions;
  changed();
}

// After a call, the remaining counts may have changed.
export function happened() {
  if (active.some(({ left }) => left !== null)) attempt(async () => take(await ask(`scenarios/active${query()}`)));
}

async function set(activations) {
  take(await ask("scenarios/active", "PUT", { scenarios: activations, session: scope.session }));
}

async function put(activations) {
  await set(activations);
  await preview.tell(scope.session);
}

const asActivation = ({ name, left }) => ({ name, for: left });

async function toggle(name) {
  const others = running().filter((each) => each.name !== name);
  const isOn = others.length < running().length;
  await put([...others.map(asActivation), ...(isOn ? [] : [{ name, for: scope.calls }])]);
}

async function followAllClients() {
  take(await ask(`scenarios/active${query()}`, "DELETE"));
  await preview.tell(scope.session);
}

async function choose(session) {
  scope.session = session;
  take(await ask(`scenarios/active${query()}`));
  await preview.tell(session);
}

async function activate(name) {
  if (active.some((each) => each.name === name && each.left !== 0)) await preview.tell(scope.session);
  else await toggle(name);
}

// A delay and a fault are ordinary scenarios, defined when first used.
async function add(name, summary, response, breaks = false) {
  await ask(`scenarios/${name}`, "PUT", { summary, response, "breaks-contract": breaks });
  if (!scenarios.some((each) => each.name === name)) scenarios = (await ask(`scenarios${query()}`)).scenarios;
  await activate(name);
}

// The scenarios that still apply, and to whom.
export const running = () => active.filter(({ left }) => left !== 0);

export const audience = () => (scope.session ? `for session ${scope.session}` : "for all clients");

export const faultNames = () => Object.keys(faults);

export const refresh = async () => take(await ask(`scenarios/active${query()}`));

// Deactivate the scenarios that `are` so, and activate another one instead, which is defined first.
export async function replace(are, name, definition) {
  if (name) {
    await ask(`scenarios/${name}`, "PUT", definition);
    if (!scenarios.some((each) => each.name === name)) ({ scenarios } = await ask(`scenarios${query()}`));
  }
  const others = running().filter((each) => !are(each)).map(asActivation);
  await set(name ? [...others, { name, for: null }] : others);
}

const addDelay = () => add(`delay-${extra.delay}s`, `${extra.delay} s before the first byte`, { delay: extra.delay });
const addFault = () => add(`fault-${extra.fault}`, faults[extra.fault], { fault: extra.fault }, true);

function scopes() {
  const names = Object.keys(sessions);
  return html`<fieldset class="scope">
    <legend>Scope</legend>
    <label>Session <input autocomplete="off" spellcheck="false" placeholder="all clients" list="sessions" .value=${scope.session}
      @change=${(event) => attempt(() => choose(event.target.value.trim()))}></label>
    <datalist id="sessions">${names.map((name) => html`<option value=${name}></option>`)}</datalist>
    <label>For <input type="number" min="1" placeholder="∞" .value=${scope.calls ?? ""} @input=${(event) => (scope.calls = event.target.valueAsNumber || null)}> responses</label>
    ${names.length
      ? html`<p class="wide">Sessions with scenarios of their own:
          ${names.map((name) => html`<button type="button" class="small" aria-pressed=${String(name === scope.session)}
            @click=${() => attempt(() => choose(name === scope.session ? "" : name))}>${name}</button> `)}</p>`
      : nothing}
  </fieldset>`;
}

function additions() {
  return html`<fieldset class="scope">
    <legend>Delay and network fault, in addition</legend>
    <label>Delay <input type="number" min="0.1" max="60" step="any" .value=${String(extra.delay)}
      @input=${(event) => (extra.delay = event.target.valueAsNumber)}> s</label>
    <button type="button" @click=${() => attempt(addDelay)}>Add delay</button>
    <label>Fault <select @change=${(event) => ((extra.fault = event.target.value), changed())}>
      <option value="">none</option>
      ${Object.keys(faults).map((name) => html`<option value=${name}>${name}</option>`)}
    </select></label>
    <button type="button" ?disabled=${!extra.fault} @click=${() => attempt(addFault)}>Add fault</button>
    ${extra.fault ? html`<p class="wide quiet">${faults[extra.fault]}</p>` : nothing}
  </fieldset>`;
}

function on() {
  const left = ({ left }) => (left === null ? nothing : html` <small>${left} left</small>`);
  return html`<section class="on" aria-labelledby="on-title">
    <h2 id="on-title">Active <small>${audience()}</small></h2>
    <p id="active">
      ${active.length
        ? active.map((each) => html`<span class="pill">${each.name}${left(each)}
            <button type="button" class="close" aria-label=${`Deactivate ${each.name}`} @click=${() => attempt(() => toggle(each.name))}>×</button></span> `)
        : html`<span class="quiet">none: the mock responds like the server</span>`}
    </p>
    <p class="actions">
      <button type="button" ?disabled=${!active.length} @click=${() => attempt(() => put([]))}>Deactivate all</button>
      ${scope.session in sessions ? html`<button type="button" @click=${() => attempt(followAllClients)}>Use the scenarios of all clients</button>` : nothing}
    </p>
  </section>`;
}

function marks({ responses, breaks_contract: breaks }) {
  const labels = new Set(
    responses.flatMap(({ code, delay, fault }) => [code && String(code), delay && `${delay} s delay`, fault && `fault ${fault}`].filter(Boolean)),
  );
  return html`${[...labels].map((each) => mark(each))} ${breaks ? outside() : nothing}`;
}

function card(scenario) {
  const isOn = active.some(({ name, left }) => name === scenario.name && left !== 0);
  return html`<li class="scenario ${isOn ? "active" : ""}">
    <button type="button" class="switch" data-name=${scenario.name} aria-pressed=${String(isOn)} @click=${() => attempt(() => toggle(scenario.name))}>
      <i aria-hidden="true"></i>${scenario.name}
    </button>
    <p>${prose(scenario.summary)}</p>
    <p class="marks">${marks(scenario)} <a class="button small push" href=${link("scenarios", "edit", scenario.name)}
      aria-label=${`${scenario.editable ? "Edit" : "Copy"} ${scenario.name}`}>${scenario.editable ? "Edit" : "Copy"}</a></p>
  </li>`;
}

const named = (source) => source.split("/").at(-1).replace(/\.ya?ml$/, "").replaceAll("-", " ").replace(/^the request$/, "defined at run time");

function groups() {
  const matching = scenarios.filter(({ name, summary }) => `${name} ${summary}`.toLowerCase().includes(sought));
  const isOwn = ({ editable }) => (editable ? 0 : 1); // One's own come first.
  const sources = [...new Set(matching.toSorted((one, other) => isOwn(one) - isOwn(other)).map(({ source }) => source))];
  return sources.map(
    (source) => html`<section><h3>${named(source)}</h3>
      <ul class="scenarios">${matching.filter((each) => each.source === source).map(card)}</ul></section>`,
  );
}

export function view() {
  return html`<div class="heading">
      <h1>${title}</h1>
      <p>Activate scenarios, and see at once how the response changes.</p>
    </div>
    <div class="board">
      <div class="first">${on()} ${editor.view({ activate, reload: load })}</div>
      ${preview.view(scope.session)}
      <div class="rest">
        <form class="settings" @submit=${(event) => event.preventDefault()}>${scopes()} ${additions()}</form>
        <div class="tools"><label>Find <input type="search" autocomplete="off" placeholder="a scenario" .value=${sought}
          @input=${(event) => ((sought = event.target.value.trim().toLowerCase()), changed())}></label>
          <a class="button" href="#scenarios/new">New scenario</a>
          ${scenarios.some(({ editable }) => editable)
            ? html`<a class="button" href="scenarios.yaml" download="scenarios.yaml">Save to a file</a>`
            : nothing}</div>
        <div id="scenario-list">${groups()}</div>
      </div>
    </div>`;
}
