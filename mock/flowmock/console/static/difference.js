// The difference of two exchanges: what was requested, status, headers, and the members of JSON bodies.

import { html, lines, parsed } from "./parts.js";

const MARKS = { changed: ["≠", "changed"], added: ["+", "only in the second"], removed: ["−", "only in the first"] };
const NOISE = ["date", "content-length"]; // headers that say nothing of their own

function* facts(part, { headers, body, ...rest }) {
  for (const [name, value] of Object.entries(rest)) if (typeof value !== "object") yield [`${part} ${name}`, String(value)];
  const named = new Map();
  for (const [name, value] of headers) named.set(name.toLowerCase(), [...(named.get(name.toLowerCase()) ?? []), value]);
  for (const [name, values] of named) if (!NOISE.includes(name)) yield [`${part} header ${name}`, values.join(", ")];
  const value = parsed(body);
  if (value === undefined) {
    if (body) yield [`${part} body`, body.text];
    return;
  }
  for (const { at, text } of lines(value)) if (!["{", "[", "}", "]"].includes(text)) yield [`${part} body ${at}`.trim(), text];
}

const all = (exchange) => new Map([["rule", exchange.rule], ...facts("request", exchange.request), ...facts("response", exchange.response)]);

function* differences(one, other) {
  const [left, right] = [all(one), all(other)];
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const [old, now] = [left.get(name), right.get(name)];
    if (old !== now) yield { name, old, now, kind: old === undefined ? "added" : now === undefined ? "removed" : "changed" };
  }
}

export function difference(one, other) {
  const found = [...differences(one, other)];
  if (!found.length) return html`<p class="quiet">Exchanges ${one.number} and ${other.number} do not differ.</p>`;
  const cell = (text, of) => html`<td data-of=${`#${of}`}>${text === undefined ? html`<span class="quiet">–</span>` : html`<code>${text}</code>`}</td>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Difference of two exchanges"><table class="sides">
    <thead><tr><th scope="col"><span class="hidden">Difference</span></th><th scope="col">What</th><th scope="col">#${one.number}</th><th scope="col">#${other.number}</th></tr></thead>
    <tbody>${found.map(({ name, old, now, kind }) => html`<tr class=${kind}>
      <td><span aria-hidden="true">${MARKS[kind][0]}</span><span class="hidden">${MARKS[kind][1]}</span></td>
      <th scope="row"><code>${name}</code></th>${cell(old, one.number)}${cell(now, other.number)}
    </tr>`)}</tbody>
  </table></div>`;
}
