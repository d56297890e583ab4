// Who may call the mock, and what each gets.

import { copied, html, mark, method, nothing, status } from "./parts.js";
import { ask } from "./wire.js";

export const title = "Access";

const MAY = { all: "everything", some: "only these", none: "nothing" };

let access = null;
let outcomes = [];
let operation = null;
let path = {};

export async function load() {
  access = await ask("access");
  const { operations } = await ask("operations");
  operation = operations.length ? await ask("operations/0") : null;
  path = operation ? Object.values(operation.keys)[0] ?? {} : {};
  outcomes = operation ? await Promise.all(callers().map(outcome)) : [];
}

function callers() {
  const listed = access.tokens.map(({ number, masked }) => [String(number), masked]);
  return [...(access.any ? [["", "any token"]] : listed), ["anonymous", "no token"], ["refused", "a wrong token"]];
}

async function outcome([caller, name]) {
  const answer = await ask("rehearse", "POST", { operation: operation.number, path, caller });
  return { name, status: answer.response.status, rule: answer.rule };
}

function tokens() {
  if (access.any) {
    return html`<p>This mock was started without <code>--token</code>: any token is taken, and may view everything.
      Start it with tokens of your own to try out rights:</p>
      ${copied("flowcontract mock --token admin-token --token guest-token:none", "command")}`;
  }
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Tokens"><table class="plain">
    <thead><tr><th scope="col">Token</th><th scope="col">Role</th><th scope="col">May view</th></tr></thead>
    <tbody>${access.tokens.map(
      ({ number, masked, role, keys }) => html`<tr>
        <th scope="row"><small>${number}</small> <code>${masked}</code></th>
        <td>${mark(role, role === "all" ? "good" : role === "none" ? "bad" : "warn")}</td>
        <td>${MAY[role]}${role === "some" ? html`: ${keys.map((key) => html`<code>${key}</code> `)}` : nothing}</td>
      </tr>`,
    )}</tbody>
  </table></div>
  <p class="quiet">A token is shown in part at most; its value is what the mock was started with.</p>`;
}

function use() {
  const first = access.schemes[0]?.sent;
  return html`<section class="panel"><h2>How a call shows it</h2>
    ${access.schemes.length
      ? access.schemes.map(({ name, sent, holds }) => html`<h3>${name}: <code>${access.variable}</code> holds ${holds}</h3>${copied(sent, "header")}`)
      : html`<p>The contract asks for no token.</p>`}
    ${first
      ? html`<p>What can be copied here holds <code>${access.variable}</code>. Fill that variable once, and every line works:</p>
          ${copied("read -rs FLOWCONTRACT_TOKEN && export FLOWCONTRACT_TOKEN", "command")}`
      : nothing}
  </section>`;
}

function gets() {
  if (!operation) return nothing;
  const target = Object.entries(path).reduce((text, [name, value]) => text.replace(`{${name}}`, value), operation.path);
  return html`<section class="panel"><h2>What each gets now</h2>
    <p class="line">${method(operation.method)} <code>${target}</code></p>
    <div class="scroll" tabindex="0" role="group" aria-label="Answers by caller"><table class="plain">
      <thead><tr><th scope="col">Caller</th><th scope="col">Answer</th><th scope="col">Chosen by</th></tr></thead>
      <tbody>${outcomes.map(({ name, status: code, rule }) => html`<tr><th scope="row">${name}</th><td>${status(code)}</td><td>${rule}</td></tr>`)}</tbody>
    </table></div>
  </section>`;
}

export function view() {
  return html`<div class="heading"><h1>${title}</h1><p>Tokens, what they may view, and how a call shows them.</p></div>
    ${access ? html`<div class="panels"><div><section class="panel"><h2>Tokens</h2>${tokens()}</section>${gets()}</div>${use()}</div>` : nothing}`;
}
