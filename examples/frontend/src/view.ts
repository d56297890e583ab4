/** Outcomes as elements. Texts of the server become text nodes, never markup. */
import type { Flow } from "@goauthentik/api";
import type { Outcome } from "./flow";

type Child = Node | string;

function el<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string>,
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function loading(slug: string): HTMLElement {
  const bars = ["60%", "35%", "80%"].map((width) => el("span", { class: "bar", style: `width: ${width}` }));
  return el("section", { class: "card", "data-state": "loading", "aria-busy": "true" },
    el("p", { class: "hidden" }, `Asking for ${slug} …`), ...bars);
}

export function outcome(found: Outcome, slug: string, again: () => void): HTMLElement {
  switch (found.kind) {
    case "found":
      return flowCard(found.flow);
    case "not-found":
      return notice(found.kind, "No such flow", `Nothing here is called “${slug}”. Slugs tell upper from lower case.`);
    case "forbidden":
      return notice(found.kind, "You may not see this flow",
        found.detail || "Ask an administrator for the right to view flows.");
    case "rate-limited":
      return countdown(found.seconds, again);
    case "server-error":
      return notice(found.kind, "The server failed", `It answered with status ${found.status}. That is not your fault.`,
        retryButton(again));
    case "unreachable":
      return notice(found.kind, "No answer", "The server cannot be reached, or its answer broke off.",
        retryButton(again));
  }
}

function flowCard(flow: Flow): HTMLElement {
  const facts: [string, Child][] = [
    ["Slug", el("code", {}, flow.slug)],
    ["Name", el("span", { dir: "auto" }, flow.name)],
    ["Who may run it", words(flow.authentication)],
    ["When denied", words(flow.deniedAction)],
    ["Layout", words(flow.layout)],
    ["Stages", count(flow.stages)],
    ["Policies", count(flow.policies)],
    ["Cached plans", String(flow.cacheCount ?? "–")],
  ];
  return el("section", { class: "card", "data-state": "found" },
    el("p", { class: "badge" }, words(flow.designation)),
    // A title may be missing, null, empty or written from right to left.
    el("h2", { dir: "auto" }, flow.title || "Untitled flow"),
    el("dl", {}, ...facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))));
}

/** `require_superuser` as words; a value that this client does not know yet reads as well as one it knows. */
function words(value: string | null | undefined): string {
  return value ? value.replaceAll("_", " ") : "–";
}

function count(items: unknown[] | null | undefined): string {
  return items ? String(items.length) : "–";
}

function notice(kind: string, title: string, text: string, ...more: Child[]): HTMLElement {
  return el("section", { class: "card notice", "data-state": kind, role: "alert" },
    el("h2", {}, title), el("p", {}, text), ...more);
}

function retryButton(again: () => void): HTMLButtonElement {
  const button = el("button", { type: "button" }, "Try again");
  button.addEventListener("click", again);
  return button;
}

function countdown(seconds: number, again: () => void): HTMLElement {
  const button = retryButton(again);
  const shown = notice("rate-limited", "Too many requests", "The server asks for a pause.", button);
  let left = seconds;
  function tell(): void {
    button.disabled = left > 0;
    button.textContent = left > 0 ? `Try again in ${left} s` : "Try again";
  }
  tell();
  const timer = setInterval(() => {
    left -= 1;
    tell();
    if (left <= 0 || !shown.isConnected) clearInterval(timer);
  }, 1000);
  return shown;
}
