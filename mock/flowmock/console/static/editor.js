// The editor of scenarios: new ones, copies of those in files, and those that repeat a recorded exchange.

import { attempt, changed, place, say } from "./page.js";
import { html, nothing } from "./parts.js";
import { ask } from "./api.js";
import { follow } from "./preview.js";

const TEMPLATE = {
  summary: "The service is overloaded.",
  when: {},
  response: { code: 503, headers: { "Retry-After": "30" }, delay: 1 },
};

let draft = null; // { name, text, title, exists }
let opened = ""; // What the page's address named when the draft was made.

// `#scenarios/new`, `#scenarios/edit/NAME` and `#scenarios/exchange/NUMBER` open the editor. Gives whether it has opened.
export async function load() {
  const { view, parts } = place();
  const wanted = view === "scenarios" && ["new", "edit", "exchange"].includes(parts[0]) ? parts.join("/") : "";
  if (wanted === opened) return false;
  draft = wanted ? await made(parts) : null;
  opened = wanted;
  changed();
  return wanted !== "";
}

async function made([kind, of]) {
  if (kind === "new") return as("New scenario", "", TEMPLATE);
  if (kind === "exchange") {
    const { name, definition } = await ask(`exchanges/${of}/scenario`);
    await follow(definition.when);
    return as(`Scenario of exchange ${of}`, name, definition);
  }
  const { name, definition, editable } = await ask(`scenarios/${encodeURIComponent(of)}`);
  if (definition.when) await follow(definition.when);
  return editable ? as(`Edit ${name}`, name, definition, true) : as(`Copy of ${name}`, `${name}-copy`, definition);
}

const as = (title, name, definition, exists = false) => ({ title, name, exists, text: JSON.stringify(definition, null, 2) });

function close() {
  location.hash = "#scenarios";
}

function parsed() {
  try {
    return JSON.parse(draft.text);
  } catch (error) {
    throw new Error(`The definition is not JSON: ${error.message}`);
  }
}

async function save(activate) {
  const name = draft.name.trim();
  await ask(`scenarios/${encodeURIComponent(name)}`, "PUT", parsed());
  await activate(name);
  return `Scenario ${name} saved.`;
}

async function remove() {
  await ask(`scenarios/${encodeURIComponent(draft.name)}`, "DELETE");
  return `Scenario ${draft.name} deleted.`;
}

// `activate`: called with the name of a scenario after it is saved; `reload`: after every change.
export function view({ activate, reload }) {
  if (!draft) return nothing;
  const act = (action) =>
    attempt(async () => {
      const done = await action();
      close();
      await reload();
      say(done);
    });
  return html`<form class="panel editor" aria-labelledby="editor-title" @submit=${(event) => (event.preventDefault(), act(() => save(activate)))}>
    <h2 id="editor-title">${draft.title}</h2>
    <label>Name <input required autocomplete="off" spellcheck="false" ?disabled=${draft.exists} placeholder="lowercase letters, digits, - and ."
      .value=${draft.name} @input=${(event) => (draft.name = event.target.value)}></label>
    <label class="stacked">Definition <textarea rows="14" spellcheck="false" .value=${draft.text}
      @input=${(event) => (draft.text = event.target.value)}></textarea></label>
    <p class="quiet">JSON, as in a scenario file: <code>when</code> selects requests (<code>operation</code>, <code>path</code>,
      <code>query</code>, <code>header</code>, …), <code>response</code> changes what they get (<code>code</code>,
      <code>example</code>, <code>body</code>, <code>merge</code>, <code>headers</code>, <code>delay</code>, <code>fault</code>).</p>
    <p class="actions">
      <button type="submit">Save and activate</button>
      <button type="button" @click=${() => act(() => save(async () => {}))}>Save</button>
      ${draft.exists ? html`<button type="button" @click=${() => act(remove)}>Delete</button>` : nothing}
      <button type="button" @click=${close}>Cancel</button>
    </p>
  </form>`;
}
