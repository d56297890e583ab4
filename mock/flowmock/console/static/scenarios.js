// The switchboard: which states are on, for whom and how long; and what a call would be answered now.

import * as effect from "./effect.js";
import { attempt, changed, place } from "./page.js";
import { html, mark, nothing, prose } from "./parts.js";
import { ask } from "./wire.js";

export const title = "Scenarios";

let states = [];
let faults = {};
let sessions = {};
let active = [];
let sought = "";
const scope = { session: "", calls: null };
const extra = { delay: 2, fault: "" };

export const count = () => active.length;

const query = () => `?session=${encodeURIComponent(scope.session)}`;

export async function load() {
  const answer = await ask(`scenarios${query()}`);
  states = answer.scenarios;
  faults = answer.faults;
  take(answer);
  if (place().view === "scenarios") await effect.load(scope.session);
}

function take(answer) {
  active = answer.active;
  sessions = answer.sessions;
  changed();
}

// A call was answered: counts have gone down, perhaps.
export function happened() {
  if (active.some(({ left }) => left !== null)) attempt(async () => take(await ask(`scenarios/active${query()}`)));
}

async function put(wanted) {
  take(await ask("scenarios/active", "PUT", { scenarios: wanted, session: scope.session }));
  await effect.tell(scope.session);
}

const asWanted = ({ name, left }) => ({ name, for: left });

async function toggle(name) {
  const others = active.filter((each) => each.name !== name && each.left !== 0);
  const isOn = others.length < active.filter(({ left }) => left !== 0).length;
  await put([...others.map(asWanted), ...(isOn ? [] : [{ name, for: scope.calls }])]);
}

async function followEverybody() {
  take(await ask(`scenarios/active${query()}`, "DELETE"));
  await effect.tell(scope.session);
}

async function choose(session) {
  scope.session = session;
  take(await ask(`scenarios/active${query()}`));
  await effect.tell(session);
}

// A delay and a fault are states like any other, defined when they are first wanted.
async function add(name, summary, answer, breaks = false) {
  await ask(`scenarios/${name}`, "PUT", { summary, answer, "breaks-contract": breaks });
  if (!states.some((state) => state.name === name)) states = (await ask(`scenarios${query()}`)).scenarios;
  if (!active.some((each) => each.name === name && each.left !== 0)) await toggle(name);
}

const addDelay = () => add(`delay-${extra.delay}s`, `${extra.delay} s before the first byte`, { delay: extra.delay });
const addFault = () => add(`fault-${extra.fault}`, faults[extra.fault], { fault: extra.fault }, true);

function scopes() {
  const names = Object.keys(sessions);
  return html`<fieldset class="scope">
    <legend>For whom, and how long</legend>
    <label>Session <input autocomplete="off" spellcheck="false" placeholder="everybody" list="sessions" .value=${scope.session}
      @change=${(event) => attempt(() => choose(event.target.value.trim()))}></label>
    <datalist id="sessions">${names.map((name) => html`<option value=${name}></option>`)}</datalist>
    <label>For <input type="number" min="1" placeholder="∞" .value=${scope.calls ?? ""} @input=${(event) => (scope.calls = event.target.valueAsNumber || null)}> answers</label>
    ${names.length
      ? html`<p class="wide">With states of their own:
          ${names.map((name) => html`<button type="button" class="small" aria-pressed=${String(name === scope.session)}
            @click=${() => attempt(() => choose(name === scope.session ? "" : name))}>${name}</button> `)}</p>`
      : nothing}
  </fieldset>`;
}

function additions() {
  return html`<fieldset class="scope">
    <legend>Delay and fault, over whatever else is on</legend>
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
    <h2 id="on-title">On now <small>${scope.session ? `for session ${scope.session}` : "for everybody"}</small></h2>
    <p id="active">
      ${active.length
        ? active.map((each) => html`<span class="pill">${each.name}${left(each)}
            <button type="button" class="close" aria-label=${`Switch ${each.name} off`} @click=${() => attempt(() => toggle(each.name))}>×</button></span> `)
        : html`<span class="quiet">none: the mock answers as the server would</span>`}
    </p>
    <p class="actions">
      <button type="button" ?disabled=${!active.length} @click=${() => attempt(() => put([]))}>Switch all off</button>
      ${scope.session in sessions ? html`<button type="button" @click=${() => attempt(followEverybody)}>As for everybody</button>` : nothing}
    </p>
  </section>`;
}

function effectMarks({ effects, breaks_contract: breaks }) {
  const told = new Set(
    effects.flatMap(({ code, delay, fault }) => [code && String(code), delay && `${delay} s late`, fault && `fault ${fault}`].filter(Boolean)),
  );
  return html`${[...told].map((each) => mark(each))} ${breaks ? mark("breaks the contract", "bad") : nothing}`;
}

function card(state) {
  const isOn = active.some(({ name, left }) => name === state.name && left !== 0);
  return html`<li class="state ${isOn ? "active" : ""}">
    <button type="button" class="switch" data-name=${state.name} aria-pressed=${String(isOn)} @click=${() => attempt(() => toggle(state.name))}>
      <i aria-hidden="true"></i>${state.name}
    </button>
    <p>${prose(state.summary)}</p>
    <p class="marks">${effectMarks(state)}</p>
  </li>`;
}

const named = (source) => source.split("/").at(-1).replace(/\.ya?ml$/, "").replaceAll("-", " ").replace(/^the request$/, "defined while it runs");

function groups() {
  const found = states.filter(({ name, summary }) => `${name} ${summary}`.toLowerCase().includes(sought));
  const sources = [...new Set(found.map(({ source }) => source))];
  return sources.map(
    (source) => html`<section><h3>${named(source)}</h3>
      <ul class="states">${found.filter((state) => state.source === source).map(card)}</ul></section>`,
  );
}

export function view() {
  return html`<div class="heading">
      <h1>${title}</h1>
      <p>Put the mock into a state, and see at once what a call gets from now on.</p>
    </div>
    <div class="board">
      <div class="choices">
        ${on()}
        <form class="settings" @submit=${(event) => event.preventDefault()}>${scopes()} ${additions()}</form>
        <div class="tools"><label>Find <input type="search" autocomplete="off" placeholder="a state" .value=${sought}
          @input=${(event) => ((sought = event.target.value.trim().toLowerCase()), changed())}></label></div>
        <div id="states">${groups()}</div>
      </div>
      ${effect.view(scope.session)}
    </div>`;
}
