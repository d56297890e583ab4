// The callers of the mock, and the response that each gets.

import { copied, copyButton, html, mark, method, nothing, ruleText, status } from "./parts.js";
import { ask } from "./api.js";

export const title = "Access";

const MAY = { all: "everything", some: "only these", none: "nothing" };

let access = null;
let outcomes = [];
let operation = null;
let path = {};

export async function load() {
  access = await ask("access");
  const { operations, typical } = await ask("operations");
  operation = operations.length ? await ask(`operations/${typical}`) : null;
  path = operation?.path_sample ?? {};
  outcomes = operation ? await Promise.all(callers().map(outcome)) : [];
}

function callers() {
  const listed = access.tokens.map(({ number, masked }) => [String(number), `token ${number} ${masked}`]);
  return [...(access.any ? [["", "any token"]] : listed), ["anonymous", "no token"], ["invalid", "an invalid token"]];
}

async function outcome([caller, name]) {
  const preview = await ask("preview", "POST", { operation: operation.number, path, caller });
  return { name, status: preview.response.status, rule: preview.rule };
}

function tokens() {
  if (access.any) {
    return html`<p>This mock was started without <code>--token</code>: it accepts any token, and every token may view everything.
      Start it with your own tokens to test permissions:</p>
      ${copied("flowcontract mock --token admin-token --token guest-token:none", "command")}`;
  }
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Tokens"><table class="plain">
    <thead><tr><th scope="col">Token</th><th scope="col">Role</th><th scope="col">May view</th></tr></thead>
    <tbody>${access.tokens.map(
      ({ number, masked, role, resource_ids: ids }) => html`<tr>
        <th scope="row"><small>${number}</small> <code>${masked}</code></th>
        <td>${mark(role, role === "all" ? "good" : role === "none" ? "bad" : "warn")}</td>
        <td>${MAY[role]}${role === "some" ? html`: ${ids.map((id) => html`<code>${id}</code> `)}` : nothing}</td>
      </tr>`,
    )}</tbody>
  </table></div>
  <p class="quiet">Tokens are masked. The mock was started with their full values.</p>`;
}

function use() {
  const first = access.schemes[0]?.sent;
  return html`<section class="panel"><h2>How to send a token</h2>
    ${access.schemes.length
      ? access.schemes.map(({ name, sent, holds }) => html`<h3>${name}${access.variable ? html`: <code>${access.variable}</code> is ${holds}` : nothing}</h3>
          <div class="copied"><pre tabindex="0" role="group" aria-label="header">${sent}</pre>${copyButton(sent, "header")}</div>`)
      : html`<p>The contract requires no token.</p>`}
    ${first && access.variable
      ? html`<p>Copied commands contain <code>${access.variable}</code>. Set this variable once, and they work:</p>
          ${copied("read -rs FLOWCONTRACT_TOKEN && export FLOWCONTRACT_TOKEN", "command")}`
      : nothing}
  </section>`;
}

function gets() {
  if (!operation) return nothing;
  const target = Object.entries(path).reduce((text, [name, value]) => text.replace(`{${name}}`, value), operation.path);
  return html`<section class="panel"><h2>Response by caller</h2>
    <p class="line">${method(operation.method)} <code>${target}</code></p>
    <div class="scroll" tabindex="0" role="group" aria-label="Responses by caller"><table class="plain">
      <thead><tr><th scope="col">Caller</th><th scope="col">Response</th><th scope="col">Rule</th></tr></thead>
      <tbody>${outcomes.map(({ name, status: code, rule }) => html`<tr><th scope="row">${name}</th><td>${status(code)}</td><td>${ruleText(rule)}</td></tr>`)}</tbody>
    </table></div>
  </section>`;
}

export function view() {
  return html`<div class="heading"><h1>${title}</h1><p>Tokens, their permissions, and how to send them.</p></div>
    ${access ? html`<div class="panels"><div><section class="panel"><h2>Tokens</h2>${tokens()}</section>${gets()}</div>${use()}</div>` : nothing}`;
}
