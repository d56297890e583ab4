// The contract in Swagger UI, in the frame of the console. Markdown in the document is shown as plain text.

import { goLive, open } from "./frame.js";
import { changed } from "./page.js";
import { html, nothing } from "./parts.js";

const shown = document.createElement("div"); // Swagger UI's own.
let contracts = [];
let chosen = 0;

const plain = ({ React }) => ({
  components: {
    Markdown: ({ source }) =>
      React.createElement("div", { className: "markdown" }, ...String(source ?? "").split(/\n\s*\n/).map((text) => React.createElement("p", null, text))),
  },
});

// Swagger UI renders selects without labels, and scrolling code that the keyboard cannot reach.
function name() {
  for (const select of shown.querySelectorAll("select:not([aria-label])")) {
    const label = select.closest("label, .examples-select, .content-type-wrapper, td, div")?.querySelector("span, small");
    select.setAttribute("aria-label", label?.textContent.trim() || "Choice");
  }
  for (const code of shown.querySelectorAll("pre.microlight:not([tabindex])")) code.tabIndex = 0;
}

// Swagger UI renders everything that is unfolded: hundreds of operations take seconds.
const unfolded = (operations) => (operations <= 3 ? "full" : operations <= 100 ? "list" : "none");

function choose(event) {
  location.hash = event.target.value;
  location.reload();
}

const view = () => html`<div class="heading">
    <h1>Contract</h1>
    <p>The served document. <i>Authorize</i> takes a token, <i>Execute</i> sends a request to this mock.</p>
    ${contracts.length > 1
      ? html`<label>Document <select @change=${choose}>
          ${contracts.map(({ title, version }, index) => html`<option value=${index} ?selected=${index === chosen}>${title} ${version}</option>`)}
        </select></label>`
      : nothing}
  </div>
  ${shown}`;

({ contracts } = await open({ base: "../", current: () => "contract", view }));
chosen = Math.min(Number(location.hash.slice(1)) || 0, contracts.length - 1);
changed();
new MutationObserver(name).observe(shown, { childList: true, subtree: true });
goLive();
if (contracts.length) { // Else the message says why there are none.
  window.SwaggerUIBundle({
    url: `../contracts/${chosen}`,
    domNode: shown,
    presets: [window.SwaggerUIBundle.presets.apis],
    plugins: [plain],
    docExpansion: unfolded(contracts[chosen].operations),
    defaultModelsExpandDepth: 0,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
}
