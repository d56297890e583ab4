// All operations by tag, with a search: where the console begins. `#operations/5` is one of them.

import { ask } from "./api.js";
import * as breaking from "./breaking.js";
import * as operation from "./operation.js";
import { changed, link, place } from "./page.js";
import { empty, html, mark, method, nothing } from "./parts.js";
import * as scenarios from "./scenarios.js";

export const title = "Operations";
export const alarm = "broken";

const OTHER = "Other operations"; // without a tag

let operations = [];
let tags = []; // in the documents' order
let sought = "";

export const heading = () => (chosen() === undefined ? title : operation.heading());

// How many are broken.
export const count = () => breaking.broken(operations).length;

export async function load() {
  if (!operations.length) ({ operations, tags } = await ask("operations"));
  breaking.know(operations);
  if (place().view && place().view !== "operations") return;
  await scenarios.refresh();
  if (chosen() !== undefined) await operation.load(operations[chosen()]);
}

// After another release is served.
export function forget() {
  operations = [];
  operation.forget();
}

// The number in the page's address; a contract with one operation needs no list.
function chosen() {
  const number = place().view === "operations" ? place().parts[0] : undefined;
  if (number) return Number(number);
  return operations.length === 1 ? 0 : undefined;
}

const text = ({ method, path, summary, id, tags }) => [method, path, summary, id, ...tags].join(" ").toLowerCase();

const matches = (operation) => sought.split(/\s+/).every((word) => text(operation).includes(word));

function byTag(found) {
  const groups = new Map();
  for (const operation of found) {
    for (const tag of operation.tags.length ? operation.tags : [OTHER]) {
      groups.set(tag, [...(groups.get(tag) ?? []), operation]);
    }
  }
  const rank = (tag) => (tag === OTHER ? Infinity : tags.includes(tag) ? tags.indexOf(tag) : tags.length);
  return [...groups].sort(([one], [other]) => (rank(one) < rank(other) ? -1 : Number(rank(one) > rank(other))));
}

function row(operation, problems) {
  return html`<li>
    <a href=${link("operations", String(operation.number))}>
      ${method(operation.method)} <code>${operation.path}</code>
      <span class="summary">${operation.summary}</span>
      <span class="marks">
        ${problems?.map((each) => breaking.badge(each))}
        ${operation.examples ? mark(`${operation.examples} ${operation.examples === 1 ? "example" : "examples"}`) : nothing}
      </span>
    </a>
  </li>`;
}

export function view() {
  if (chosen() !== undefined) return operation.view({ isOnly: operations.length < 2 });
  const found = operations.filter(matches);
  const groups = byTag(found);
  const broken = new Map(breaking.broken(operations).map(({ operation, problems }) => [operation.number, problems]));
  return html`<div class="heading">
      <h1>${title}</h1>
      <p>Select an operation to see its responses and to break it, or try calls under <a href="#scenarios">Scenarios</a>.</p>
    </div>
    ${breaking.list(operations)}
    <form class="tools" @submit=${(event) => event.preventDefault()}>
      <label>Find <input type="search" size="28" autocomplete="off" placeholder="method, path, summary or tag" .value=${sought}
        @input=${(event) => ((sought = event.target.value.trim().toLowerCase()), changed())}></label>
      <span role="status">${found.length} of ${operations.length}</span>
    </form>
    ${groups.length
      ? groups.map(([tag, members]) => html`<section class="group"><h2>${tag} <small>${members.length}</small></h2>
          <ul class="operations">${members.map((each) => row(each, broken.get(each.number)))}</ul></section>`)
      : empty("No operations", operations.length ? "No operation contains this text." : "The contract has none.")}`;
}
