// The contract in Swagger UI. Markdown in the document is shown as plain text.

const main = document.getElementById("main");

const plain = ({ React }) => ({
  components: {
    Markdown: ({ source }) =>
      React.createElement("div", { className: "markdown" }, ...String(source ?? "").split(/\n\s*\n/).map((text) => React.createElement("p", null, text))),
  },
});

// Swagger UI renders selects without labels, and scrolling code that the keyboard cannot reach.
function name() {
  for (const select of main.querySelectorAll("select:not([aria-label])")) {
    const label = select.closest("label, .examples-select, .content-type-wrapper, td, div")?.querySelector("span, small");
    select.setAttribute("aria-label", label?.textContent.trim() || "Choice");
  }
  for (const code of main.querySelectorAll("pre.microlight:not([tabindex])")) code.tabIndex = 0;
}

// Swagger UI renders everything that is unfolded: hundreds of operations take seconds.
const unfolded = (operations) => (operations <= 3 ? "full" : operations <= 100 ? "list" : "none");

function theme() {
  let chosen = "";
  try {
    chosen = localStorage.getItem("theme") ?? "";
  } catch {
    // Private windows may not allow storage.
  }
  return chosen || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

document.documentElement.dataset.theme = theme();
const { contracts } = await (await fetch("../health")).json();
const chosen = Math.min(Number(location.hash.slice(1)) || 0, contracts.length - 1);
const documents = document.getElementById("documents");
documents.append(...contracts.map(({ title, version }, index) => new Option(`${title} ${version}`, index, false, index === chosen)));
document.getElementById("choice").hidden = contracts.length < 2;
documents.addEventListener("change", () => {
  location.hash = documents.value;
  location.reload();
});
new MutationObserver(name).observe(main, { childList: true, subtree: true });

window.SwaggerUIBundle({
  url: `../contracts/${chosen}`,
  domNode: main,
  presets: [window.SwaggerUIBundle.presets.apis],
  plugins: [plain],
  docExpansion: unfolded(contracts[chosen].operations),
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null,
});
