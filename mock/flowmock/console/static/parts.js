// Small parts shared by the views. Values are inserted as text only.

import { html, nothing, svg } from "./lit-html/lit-html.js";
import { copy } from "./page.js";

export { html, nothing, svg };

const PATHS = {
  operations: "M4 6h2m3 0h11M4 12h2m3 0h11M4 18h2m3 0h11",
  exchanges: "M4 8h13m-4-4 4 4-4 4M20 16H7m4-4-4 4 4 4",
  scenarios: "M5 7h9m4 0h1M5 17h1m4 0h9M16 5v4M8 15v4",
  access: "M14 10a4 4 0 1 0-3.5 4L12 15.5h2V18h2v2h4v-3z",
  releases: "M6 4v10m0 0a3 3 0 1 0 .1 0M18 4a3 3 0 1 1-.1 0M18 10c0 5-7 3-10 6",
  contract: "M7 3h8l4 4v14H7zM15 3v4h4M10 12h6M10 16h6",
};

export const icon = (name) => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
  ${svg`<path d=${PATHS[name]}></path>`}
</svg>`;

export const status = (code, fault) =>
  html`<span class="status s${String(fault ? 5 : code).slice(0, 1)}">${fault ?? code}</span>`;

export const method = (name) => html`<span class="method ${/^[A-Z]+$/.test(name) ? name.toLowerCase() : ""}">${name}</span>`;

export const mark = (text, kind = "") => html`<span class="mark ${kind}">${text}</span>`;

export const copyButton = (text, what) =>
  html`<button type="button" class="small" @click=${() => copy(text, what)}>Copy ${what}</button>`;

const VARIABLE = "FLOWCONTRACT_TOKEN"; // stands for a token in what is copied

// Text with a copy button; beside it, what has to be set first.
export const copied = (text, what) => html`<div class="copied">
  <pre tabindex="0" role="group" aria-label=${what}>${text}</pre>
  ${copyButton(text, what)}
  ${text.includes(`\${${VARIABLE}}`)
    ? html`<p class="needs">Set <code>${VARIABLE}</code> to <a href="#access">a token of this mock</a> first.</p>`
    : nothing}
</div>`;

export const headers = (pairs) =>
  pairs.length
    ? html`<dl class="headers">
        ${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
      </dl>`
    : nothing;

export function pretty(content) {
  if (!content) return "";
  let text = content.text;
  try {
    text = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // Not JSON: as it is.
  }
  return content.cut ? `${text}\n… ${content.size} bytes in total` : text;
}

// The JSON value of a body; undefined for anything else.
export function parsed(content) {
  try {
    return content && !content.cut ? JSON.parse(content.text) : undefined;
  } catch {
    return undefined;
  }
}

// A body: JSON as a tree, anything else as it is.
export function body(content, label) {
  if (!content) return nothing;
  const value = parsed(content);
  const isTree = value !== null && typeof value === "object";
  return isTree
    ? html`<div class="body tree" tabindex="0" role="group" aria-label=${label}>${tree(value)}</div>`
    : html`<pre class="body" tabindex="0" role="group" aria-label=${label}>${pretty(content)}</pre>`;
}

const MEMBERS = 200; // of one object or list
const OPEN = 2; // levels that are open at first

// A JSON value: objects and lists can be folded.
function tree(value, name, depth = 0) {
  const key = name === undefined ? nothing : html`<span class="key">${JSON.stringify(name)}: </span>`;
  const entries = value !== null && typeof value === "object" ? Object.entries(value) : [];
  if (!entries.length) return html`<p class="leaf">${key}<code>${JSON.stringify(value)}</code></p>`;
  const isList = Array.isArray(value);
  const size = isList ? `[ ${entries.length} ]` : `{ ${entries.length} }`;
  const rest = entries.length - MEMBERS;
  return html`<details class="node" ?open=${depth < OPEN}>
    <summary>${key}<span class="quiet">${size}</span></summary>
    ${entries.slice(0, MEMBERS).map(([member, item]) => tree(item, isList ? undefined : member, depth + 1))}
    ${rest > 0 ? html`<p class="leaf quiet">… and ${rest} more</p>` : nothing}
  </details>`;
}

// What the rules of profiles are called here.
const RULES = {
  "unrouted": "unknown path",
  "unrouted-method": "unknown path",
  "unrouted-options": "unknown path",
  "credential-missing": "no credentials",
  "credential-unknown": "unknown credentials",
  "scheme-unsupported": "unsupported authentication scheme",
  "forbidden": "no permission",
  "not-found": "unknown ID",
  "method-not-allowed": "undocumented method",
  "method-unknown": "unknown method",
  "invalid-path": "invalid path parameter",
  "not-acceptable": "no acceptable media type",
  "media-unsupported": "unsupported media type",
};

// `profile neutral: unrouted (expected …)` is `unknown path: expected …`.
export const ruleText = (rule) =>
  rule.replace(/profile [^\s:]+: ([\w-]+)(?: \((.*)\))?/, (_, name, message) =>
    [RULES[name] ?? name.replaceAll("-", " "), ...(message ? [message] : [])].join(": "),
  );

// Of a response that a scenario makes and the contract does not document.
export const outside = () => mark("outside the contract", "bad");

// Text between backticks is code; no other Markdown is supported.
export const prose = (text) => text.split("`").map((part, index) => (index % 2 ? html`<code>${part}</code>` : part));

export const empty = (title, text) => html`<div class="empty"><p class="lead">${title}</p><p>${text}</p></div>`;

// A JSON document as lines, each with its depth, its text and the pointer of its member.
export function* lines(value, at = "", name, depth = 0, last = true) {
  const key = name === undefined ? "" : `${JSON.stringify(name)}: `;
  const comma = last ? "" : ",";
  if (value !== null && typeof value === "object") {
    const isList = Array.isArray(value);
    const entries = Object.entries(value);
    const [open, close] = isList ? "[]" : "{}";
    if (!entries.length) {
      yield { at, depth, key, text: `${open}${close}`, comma, named: name !== undefined };
      return;
    }
    yield { at, depth, key, text: open, comma: "", named: name !== undefined };
    for (const [index, [member, item]] of entries.entries()) {
      const below = `${at}/${member.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      yield* lines(item, below, isList ? undefined : member, depth + 1, index === entries.length - 1);
    }
    yield { at, depth, key: "", text: close, comma, named: false };
    return;
  }
  yield { at, depth, key, text: JSON.stringify(value), comma, named: name !== undefined };
}
