// The operations with their examples, as cards and as JSON with the origin of every field.

import { changed, isNarrow, link, place } from "./page.js";
import { copied, copyButton, empty, html, lines, mark, method, nothing, prose, status } from "./parts.js";
import { ask } from "./wire.js";

export const title = "Examples";

const KINDS = {
  page: "what the captured page says",
  overlay: "what an overlay adds",
  example: "an example's own file",
  generated: "made by the mock",
};
const FACTS = 4; // fields on a card

let operations = [];
let detail = null;
let sought = "";

export const count = () => operations.reduce((sum, each) => sum + each.examples, 0);

export async function load() {
  if (!operations.length) operations = (await ask("operations")).operations;
  const number = chosen();
  if (operations[number] && detail?.number !== number) detail = await ask(`operations/${number}`);
  if (detail && selected() && isNarrow("80rem")) {
    changed(); // The example stands where the cards stood.
    scrollTo(0, 0);
    document.getElementById("main").focus();
  }
}

// After another release is served.
export function forget() {
  operations = [];
  detail = null;
}

const chosen = () => Number(place().view === "examples" ? place().parts[0] ?? 0 : 0);

function all() {
  return detail.answers.flatMap((answer, index) => answer.examples.map((example) => ({ ...example, answer, index })));
}

function selected() {
  const [, index, name] = place().parts;
  return all().find((each) => String(each.index) === index && each.name === name);
}

// The fields that tell examples apart best: short, and neither the same in all nor made to be unique.
function telling(answer) {
  const values = answer.examples.map(({ value }) => (value && typeof value === "object" && !Array.isArray(value) ? value : {}));
  const names = [...new Set(values.flatMap((value) => Object.keys(value)))];
  const texts = (name) => values.map((value) => value[name]).filter((each) => each !== null && each !== undefined);
  const isPlain = (each) => typeof each !== "object" && String(each).length <= 60;
  const isUnique = (each) => /^[0-9a-f-]{32,36}$|\//.test(String(each));
  const usable = names.filter((name) => texts(name).length && texts(name).every(isPlain) && !texts(name).some(isUnique));
  const varied = usable.filter((name) => values.length === 1 || new Set(texts(name)).size > 1);
  return (varied.length ? varied : usable).slice(0, FACTS + 1);
}

function matches(example) {
  return `${example.name} ${example.summary} ${JSON.stringify(example.value)}`.toLowerCase().includes(sought);
}

function card(answer, index, example, names) {
  const facts = names.filter((name) => name in Object(example.value) && String(example.value[name]) !== example.name);
  const to = link("examples", String(detail.number), String(index), example.name);
  return html`<li>
    <a class="card" href=${to} aria-current=${selected()?.index === index && selected().name === example.name ? "true" : nothing}>
      <strong>${example.name}</strong>
      ${example.summary ? html`<span class="summary">${example.summary}</span>` : nothing}
      <span class="facts">
        ${facts.slice(0, FACTS).map((name) => html`<span><i>${name}</i> ${String(example.value[name])}</span>`)}
      </span>
    </a>
  </li>`;
}

function group(answer, index) {
  const examples = answer.examples.filter(matches);
  if (!examples.length) return nothing;
  const names = telling(answer);
  return html`<section class="group">
    <h2>${status(answer.status)} <span>${prose(answer.description)}</span> <small>${answer.media}</small></h2>
    <ul class="cards">${examples.map((example) => card(answer, index, example, names))}</ul>
  </section>`;
}

const chip = (origin, what) =>
  origin
    ? html`<span class="origin ${origin.kind}" title=${`${what} ${origin.source}`}><span class="hidden">${what} </span>${origin.kind}<span class="hidden"> (${origin.source})</span></span>`
    : html`<span class="origin none" title="no schema declares it">none</span>`;

function row(line, fields) {
  const own = line.named ? fields[line.at] : null;
  return html`<tr role="row">
    <td role="cell"><code class="d${Math.min(line.depth, 8)}"><span class="key">${line.key}</span>${line.text}${line.comma}</code></td>
    <td role="cell">${own ? chip(own.value, "value from") : nothing}</td>
    <td role="cell">${own ? chip(own.declared, "declared by") : nothing}</td>
  </tr>`;
}

function sources(example) {
  const found = new Map();
  for (const field of Object.values(example.fields)) {
    for (const origin of [field.value, field.declared]) if (origin) found.set(`${origin.kind} ${origin.source}`, origin);
  }
  return html`<ul class="sources">
    ${[...found.values()].map(({ kind, source }) => html`<li><span class="origin ${kind}">${kind}</span> <code>${source}</code> <small>${KINDS[kind]}</small></li>`)}
  </ul>`;
}

function shown(example) {
  const tried = link("scenarios", String(detail.number), JSON.stringify({ path: example.path, prefer: example.prefer }));
  return html`<article class="detail" aria-labelledby="example-name">
    <p class="back"><a href=${link("examples", String(detail.number))}>All examples</a></p>
    <h2 id="example-name">${status(example.answer.status)} ${example.name}</h2>
    ${example.summary ? html`<p class="summary">${example.summary}</p>` : nothing}
    <p class="actions">
      ${copyButton(JSON.stringify(example.value, null, 2), "JSON")}
      <a class="button small" href=${tried}>Try it now</a>
    </p>
    ${copied(example.curl, "curl")}
    <div class="scroll" tabindex="0" role="group" aria-label="Fields and their origins">
      <table class="json" role="table">
        <thead role="rowgroup"><tr role="row">${["Body", "Value from", "Declared by"].map((each) => html`<th role="columnheader">${each}</th>`)}</tr></thead>
        <tbody role="rowgroup">${[...lines(example.value)].map((line) => row(line, example.fields))}</tbody>
      </table>
    </div>
    ${sources(example)}
  </article>`;
}

function choice() {
  if (operations.length < 2) return nothing;
  const go = (event) => (location.hash = link("examples", event.target.value));
  return html`<label class="wide">Operation
    <select @change=${go}>
      ${operations.map((each) => html`<option value=${each.number} ?selected=${each.number === detail.number}>${each.method} ${each.path}${each.examples ? ` (${each.examples})` : ""}</option>`)}
    </select>
  </label>`;
}

export function view() {
  if (!detail) return html`<h1>${title}</h1>`;
  const example = selected();
  const groups = detail.answers.map(group).filter((each) => each !== nothing);
  return html`<div class="heading">
      <h1>${title}</h1>
      <p>${method(detail.method)} <code>${detail.path}</code> ${detail.summary}</p>
      <p>Choose one: each of its fields says who gave its value and who declares it.</p>
    </div>
    <form class="tools" @submit=${(event) => event.preventDefault()}>
      ${choice()}
      <label>Find <input type="search" autocomplete="off" placeholder="name or value" .value=${sought}
        @input=${(event) => ((sought = event.target.value.trim().toLowerCase()), changed())}></label>
      ${detail.open ? mark("open to anyone") : nothing}
    </form>
    <div class="split ${example ? "chosen" : ""}">
      <div class="choices">${groups.length ? groups : empty("No examples here", "The contract has none for this operation that hold this text.")}</div>
      ${example ? shown(example) : nothing}
    </div>`;
}
