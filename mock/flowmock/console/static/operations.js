// All operations by tag, with a search: where the console begins for a contract with more than one.

import { changed, link } from "./page.js";
import { empty, html, mark, method, nothing } from "./parts.js";
import { ask } from "./api.js";

export const title = "Operations";

const OTHER = "Other operations"; // without a tag

let operations = [];
let sought = "";

export const total = () => operations.length;

export async function load() {
  if (!operations.length) operations = (await ask("operations")).operations;
}

// After another release is served.
export function forget() {
  operations = [];
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
  return [...groups].sort(([one], [other]) => (one === OTHER) - (other === OTHER) || one.localeCompare(other));
}

const row = (operation) => html`<li>
  <a href=${link("examples", String(operation.number))}>
    ${method(operation.method)} <code>${operation.path}</code>
    <span class="summary">${operation.summary}</span>
    ${operation.examples ? mark(`${operation.examples} ${operation.examples === 1 ? "example" : "examples"}`) : nothing}
  </a>
</li>`;

export function view() {
  const found = operations.filter(matches);
  const groups = byTag(found);
  return html`<div class="heading">
      <h1>${title}</h1>
      <p>Select an operation to see its responses and to break it, or try calls under <a href="#scenarios">Scenarios</a>.</p>
    </div>
    <form class="tools" @submit=${(event) => event.preventDefault()}>
      <label>Find <input type="search" size="28" autocomplete="off" placeholder="method, path, summary or tag" .value=${sought}
        @input=${(event) => ((sought = event.target.value.trim().toLowerCase()), changed())}></label>
      <span role="status">${found.length} of ${operations.length}</span>
    </form>
    ${groups.length
      ? groups.map(([tag, members]) => html`<section class="group"><h2>${tag} <small>${members.length}</small></h2><ul class="operations">${members.map(row)}</ul></section>`)
      : empty("No operations", "No operation contains this text.")}`;
}
