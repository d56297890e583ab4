// The console. What came over the wire is only ever put in as text; the page's policy forbids anything else.

const MOST = 300; // exchanges on the page
const find = (id) => document.getElementById(id);

function element(name, text, properties = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  return Object.assign(made, properties);
}

async function ask(path, method = "GET", body) {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error ?? `The mock answered ${answer.status}.`);
  return value;
}

// Do something, and say what went wrong where it did.
async function attempt(action) {
  try {
    await action();
    find("notice").textContent = "";
  } catch (error) {
    find("notice").textContent = error.message;
  }
}

// Scenarios

let active = [];

const session = () => find("session").value.trim();
const ofSession = () => `?session=${encodeURIComponent(session())}`;

function told({ name, left }) {
  return left === null ? name : `${name} (${left} left)`;
}

function showActive(answer) {
  active = answer.active;
  find("active").textContent = active.map(told).join(", ") || "none";
  const on = new Set(active.map(({ name }) => name));
  for (const button of find("states").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(on.has(button.dataset.name)));
  }
}

async function toggle(name) {
  const calls = find("calls").valueAsNumber;
  const others = active.filter((each) => each.name !== name && each.left !== 0);
  const wanted = others.map((each) => ({ name: each.name, for: each.left }));
  if (others.length === active.length) wanted.push({ name, for: Number.isInteger(calls) ? calls : null });
  showActive(await ask("scenarios/active", "PUT", { scenarios: wanted, session: session() }));
}

async function showScenarios() {
  const answer = await ask(`scenarios${ofSession()}`);
  const items = answer.scenarios.map((state) => {
    const button = element("button", state.name, { type: "button" });
    button.dataset.name = state.name;
    button.addEventListener("click", () => attempt(() => toggle(state.name)));
    const about = element("span", state.summary);
    if (state.breaks_contract) about.append(" ", element("span", "breaks the contract", { className: "bad" }));
    const item = element("li");
    item.append(button, about);
    return item;
  });
  find("states").replaceChildren(...items);
  showActive(answer);
}

// Exchanges

function headers(pairs) {
  return pairs.map(([name, value]) => `${name}: ${value}`).join("\n");
}

function body(content) {
  if (!content) return "";
  let text = content.text;
  try {
    text = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // Not JSON: as it is.
  }
  return content.cut ? `${text}\n… ${content.size} bytes in all` : text;
}

function detail({ request, response, violations, session: from, milliseconds }) {
  const parts = [];
  const part = (title, text) => {
    if (text) parts.push(element("h3", title, { className: "quiet" }), element("pre", text));
  };
  part("Violations of the contract by the request", violations.join("\n"));
  part("Request", `${request.method} ${request.target}\n${headers(request.headers)}`);
  part("Request body", body(request.body));
  part(`Answer after ${milliseconds} ms${from ? `, session ${from}` : ""}`, `${response.status}\n${headers(response.headers)}`);
  part("Answer body", body(response.body));
  return parts;
}

function exchangeItem(exchange) {
  const { number, request, response, rule, violations, within_contract: within } = exchange;
  const summary = element("summary");
  const status = element("span", response.fault ?? String(response.status), {
    className: response.status < 400 && !response.fault ? "status good" : "status bad",
  });
  summary.append(`${number} ${request.method} ${request.target}`, status, element("span", rule, { className: "quiet" }));
  if (!within) summary.append(" ", element("span", "breaks the contract", { className: "bad" }));
  const breaches = violations.length === 1 ? "a violation by the request" : `${violations.length} violations by the request`;
  if (violations.length) summary.append(" ", element("span", breaches, { className: "bad" }));
  const details = element("details");
  details.append(summary);
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(...detail(exchange));
  });
  const item = element("li");
  item.append(details);
  item.dataset.text = summary.textContent.toLowerCase();
  return item;
}

function matches(item) {
  return item.dataset.text.includes(find("filter").value.trim().toLowerCase());
}

let newest = 0;

// Newest first. What was missed comes after what came live, and some come both ways.
function addExchange(exchange) {
  const list = find("exchanges");
  const older = [...list.children].find((item) => Number(item.dataset.number) <= exchange.number);
  if (Number(older?.dataset.number) === exchange.number) return;
  newest = Math.max(newest, exchange.number);
  const item = exchangeItem(exchange);
  item.dataset.number = exchange.number;
  item.hidden = !matches(item);
  list.insertBefore(item, older ?? null);
  while (list.childElementCount > MOST) list.lastElementChild.remove();
  find("nothing").hidden = true;
  if (active.some(({ left }) => left !== null)) attempt(async () => showActive(await ask(`scenarios/active${ofSession()}`)));
}

async function catchUp() {
  const answer = await ask(`exchanges?limit=${MOST}&since=${newest}`);
  answer.exchanges.forEach(addExchange);
}

function follow() {
  const source = new EventSource("exchanges/stream");
  source.addEventListener("open", () => {
    find("live").textContent = "live";
    attempt(catchUp); // What happened while nobody listened.
  });
  source.addEventListener("error", () => (find("live").textContent = "not live"));
  source.addEventListener("exchange", (event) => addExchange(JSON.parse(event.data)));
}

// The page

find("clear").addEventListener("click", () =>
  attempt(async () => showActive(await ask("scenarios/active", "PUT", { scenarios: [], session: session() }))),
);
find("session").addEventListener("change", () =>
  attempt(async () => showActive(await ask(`scenarios/active${ofSession()}`))),
);
find("forget").addEventListener("click", () =>
  attempt(async () => {
    await ask("exchanges", "DELETE");
    find("exchanges").replaceChildren();
    find("nothing").hidden = false;
  }),
);
find("filter").addEventListener("input", () => {
  for (const item of find("exchanges").children) item.hidden = !matches(item);
});
for (const form of document.forms) form.addEventListener("submit", (event) => event.preventDefault());

// Where the two lists stand one above the other, the exchanges are not to be far below.
find("all").open = matchMedia("(min-width: 64rem)").matches;

await attempt(async () => {
  const health = await ask("health");
  find("contracts").textContent = health.contracts.map(({ title, version }) => `${title} ${version}`).join(", ");
  await showScenarios();
  await catchUp();
  if (health.stale) throw new Error(`A changed contract is not served: ${health.stale}`);
});
follow();
