// The served release, and two releases side by side.

import * as preview from "./preview.js";
import * as operations from "./operations.js";
import { attempt, changed, say } from "./page.js";
import { empty, html, lines, mark, nothing, prose } from "./parts.js";
import { ask } from "./api.js";

export const title = "Releases";

const MARKS = { changed: ["≠", "changed"], added: ["+", "added"], removed: ["−", "removed"], "": ["", "the same"] };

let releases = [];
let served = [];
let pair = { old: "", new: "" };
let compared = null;
let example = "";
let onlyDifferences = true;

export const release = () => served.map((each) => each.release).join(", ");

export const exist = () => releases.length > 0;

export async function look() {
  ({ releases, served } = await ask("releases"));
  changed();
}

export async function load() {
  await look();
  if (!releases.length || compared) return;
  pair = { old: served[0]?.like ?? releases[0].release, new: releases.at(-1).release };
  await compare();
}

async function compare() {
  const wanted = pair;
  const latest = await ask(`releases/compare?${new URLSearchParams(wanted)}`);
  if (wanted !== pair) return; // Others were chosen meanwhile.
  compared = latest;
  const all = compared.operations.flatMap((each) => each.examples);
  if (!all.some(({ name }) => name === example)) example = all[0]?.name ?? "";
  changed();
}

async function serve(name) {
  ({ releases, served } = await ask("release", "PUT", { release: name }));
  operations.forget();
  preview.forget();
  say(`Serving release ${name} now.`);
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
  return html`<label>${label} <select @change=${(event) => ((pair = { ...pair, [side]: event.target.value }), attempt(compare))}>
    ${releases.map(({ release: name }) => html`<option value=${name} ?selected=${name === pair[side]}>${name}</option>`)}
  </select></label>`;
}

// Both bodies as rows of one table, matched by JSON Pointer.
function rows({ old, new: newer, differences = {} }) {
  const leaves = (value) => new Map([...lines(value ?? null)].filter(({ at, text }) => at && !["{", "[", "}", "]"].includes(text)).map(({ at, text }) => [at, text]));
  const [left, right] = [old === undefined ? new Map() : leaves(old), newer === undefined ? new Map() : leaves(newer)];
  const kind = (at) => {
    for (let above = at; above; above = above.slice(0, above.lastIndexOf("/"))) if (differences[above]) return differences[above];
    return "";
  };
  const locations = [...right.keys()];
  for (const at of left.keys()) if (!right.has(at)) locations.push(at);
  return locations.map((at) => ({ at, old: left.get(at), new: right.get(at), kind: kind(at) }));
}

function sideBySide(one) {
  const all = rows(one);
  const shown = all.filter(({ kind }) => kind || !onlyDifferences);
  const cell = (text) => (text === undefined ? html`<span class="quiet">–</span>` : html`<code>${text}</code>`);
  if (!shown.length) return html`<p class="quiet">Both bodies are the same: ${all.length} fields.</p>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Two releases side by side"><table class="sides">
    <thead><tr><th scope="col"><span class="hidden">Difference</span></th><th scope="col">Field</th><th scope="col">${compared.old}</th><th scope="col">${compared.new}</th></tr></thead>
    <tbody>${shown.map(({ at, old, new: newer, kind }) => html`<tr class=${kind || "same"}>
      <td><span aria-hidden="true">${MARKS[kind][0]}</span><span class="hidden">${MARKS[kind][1]}</span></td>
      <th scope="row"><code>${at}</code></th><td data-of=${compared.old}>${cell(old)}</td><td data-of=${compared.new}>${cell(newer)}</td>
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
    <h3>Changes for a client of ${compared.old} on a server of ${compared.new}</h3>
    ${compared.changes.length
      ? html`<ul class="changes">${compared.changes.map(({ rule, where, message }) => html`<li><code>${where}</code> ${message} <small>${rule}</small></li>`)}</ul>`
      : html`<p class="quiet">No changes that affect clients.</p>`}
  </section>`;
}

export function view() {
  return html`<div class="heading"><h1>${title}</h1><p>The contract in other releases of the server.</p></div>
    ${releases.length
      ? html`<div class="board">${comparison()}<section class="panel"><h2>Served</h2>
          ${served.length > 1 ? html`<p class="quiet">Several releases are served, each under a prefix: ${served.map(({ base_path: base }) => html`<code>${base}</code> `)}</p>` : nothing}
          ${list()}</section></div>`
      : empty("No other releases", "This contract has no overlays/releases folder next to it.")}`;
}
