// The release that is served, and two of them beside one another.

import * as effect from "./effect.js";
import * as examples from "./examples.js";
import { attempt, changed, say } from "./page.js";
import { empty, html, lines, mark, nothing, prose } from "./parts.js";
import { ask } from "./wire.js";

export const title = "Releases";

const MARKS = { changed: ["≠", "changed"], added: ["+", "added"], removed: ["−", "removed"], "": ["", "the same"] };

let releases = [];
let served = [];
let pair = { old: "", new: "" };
let compared = null;
let example = "";
let onlyDifferences = true;

export const release = () => served.map((each) => each.release).join(", ");

export async function load() {
  ({ releases, served } = await ask("releases"));
  if (!releases.length || compared) return;
  pair = { old: served[0]?.like ?? releases[0].release, new: releases.at(-1).release };
  await compare();
}

async function compare() {
  compared = await ask(`releases/compare?${new URLSearchParams(pair)}`);
  const all = compared.operations.flatMap((each) => each.examples);
  if (!all.some(({ name }) => name === example)) example = all[0]?.name ?? "";
  changed();
}

async function serve(name) {
  ({ releases, served } = await ask("release", "PUT", { release: name }));
  examples.forget();
  effect.forget();
  say(`${name} is served from now on.`);
  dispatchEvent(new CustomEvent("released"));
}

function list() {
  const isServed = (name) => served.some(({ like }) => like === name);
  return html`<ol class="releases" reversed>
    ${releases.toReversed().map(
      ({ release: name, change }) => html`<li class=${isServed(name) ? "served" : ""}>
        <strong>${name}</strong>
        <span>${prose(change)}</span>
        ${isServed(name)
          ? mark("served", "good")
          : html`<button type="button" class="small" aria-label=${`Serve ${name}`} ?disabled=${served.length > 1} @click=${() => attempt(() => serve(name))}>Serve</button>`}
      </li>`,
    )}
  </ol>`;
}

function choice(side, label) {
  return html`<label>${label} <select @change=${(event) => ((pair[side] = event.target.value), attempt(compare))}>
    ${releases.map(({ release: name }) => html`<option value=${name} ?selected=${name === pair[side]}>${name}</option>`)}
  </select></label>`;
}

// Both bodies as rows of one table: what stands at the same place stands beside one another.
function rows({ old, new: later, differences = {} }) {
  const leaves = (value) => new Map([...lines(value ?? null)].filter(({ at, text }) => at && !["{", "[", "}", "]"].includes(text)).map(({ at, text }) => [at, text]));
  const [left, right] = [old === undefined ? new Map() : leaves(old), later === undefined ? new Map() : leaves(later)];
  const kind = (at) => {
    for (let above = at; above; above = above.slice(0, above.lastIndexOf("/"))) if (differences[above]) return differences[above];
    return "";
  };
  const places = [...right.keys()];
  for (const at of left.keys()) if (!right.has(at)) places.push(at);
  return places.map((at) => ({ at, old: left.get(at), new: right.get(at), kind: kind(at) }));
}

function sideBySide(one) {
  const all = rows(one);
  const found = all.filter(({ kind }) => kind || !onlyDifferences);
  const cell = (text) => (text === undefined ? html`<span class="quiet">–</span>` : html`<code>${text}</code>`);
  if (!found.length) return html`<p class="quiet">The bodies are the same in both: ${all.length} fields.</p>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Two releases side by side"><table class="sides">
    <thead><tr><th scope="col"><span class="hidden">Difference</span></th><th scope="col">Field</th><th scope="col">${compared.old}</th><th scope="col">${compared.new}</th></tr></thead>
    <tbody>${found.map(({ at, old, new: later, kind }) => html`<tr class=${kind || "same"}>
      <td><span aria-hidden="true">${MARKS[kind][0]}</span><span class="hidden">${MARKS[kind][1]}</span></td>
      <th scope="row"><code>${at}</code></th><td data-of=${compared.old}>${cell(old)}</td><td data-of=${compared.new}>${cell(later)}</td>
    </tr>`)}</tbody>
  </table></div>`;
}

function comparison() {
  if (!compared) return nothing;
  const all = compared.operations.flatMap((each) => each.examples);
  const one = all.find(({ name }) => name === example);
  return html`<section class="panel">
    <h2>Two releases side by side</h2>
    <form class="tools" @submit=${(event) => event.preventDefault()}>
      ${choice("old", "Old")} ${choice("new", "New")}
      ${all.length ? html`<label>Example <select @change=${(event) => ((example = event.target.value), changed())}>
        ${all.map(({ name }) => html`<option value=${name} ?selected=${name === example}>${name}</option>`)}
      </select></label>` : nothing}
      <label class="check"><input type="checkbox" .checked=${onlyDifferences} @change=${(event) => ((onlyDifferences = event.target.checked), changed())}> only differences</label>
    </form>
    ${one ? sideBySide(one) : nothing}
    <h3>What a client of ${compared.old} meets on a server of ${compared.new}</h3>
    ${compared.changes.length
      ? html`<ul class="changes">${compared.changes.map(({ rule, where, said }) => html`<li><code>${where}</code> ${said} <small>${rule}</small></li>`)}</ul>`
      : html`<p class="quiet">Nothing that was not there before.</p>`}
  </section>`;
}

export function view() {
  return html`<div class="heading"><h1>${title}</h1><p>The contract as it was, and as it is, in other releases of the server.</p></div>
    ${releases.length
      ? html`<div class="board">${comparison()}<section class="panel"><h2>Served</h2>
          ${served.length > 1 ? html`<p class="quiet">Several are served at once, under prefixes: ${served.map(({ base_path: base }) => html`<code>${base}</code> `)}</p>` : nothing}
          ${list()}</section></div>`
      : empty("No other releases are known", "This contract has no overlays/releases folder beside it.")}`;
}
