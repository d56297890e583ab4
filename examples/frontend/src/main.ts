/** The page: the flow that the address names (`?slug=…`) is the one that is shown. */
import { retrieve } from "./flow";
import { loading, outcome } from "./view";

const form = document.querySelector<HTMLFormElement>("#ask")!;
const input = document.querySelector<HTMLInputElement>("#slug")!;
const main = document.querySelector<HTMLElement>("#shown")!;
let current = new AbortController();

async function show(): Promise<void> {
  const slug = new URLSearchParams(location.search).get("slug") ?? "";
  input.value = slug;
  current.abort(); // Only the last question may answer: a late answer would hide a newer one.
  main.replaceChildren();
  if (!slug) return;
  const asked = (current = new AbortController());
  main.replaceChildren(loading(slug));
  try {
    const found = await retrieve(slug, asked.signal);
    main.replaceChildren(outcome(found, slug, () => void show()));
  } catch (error) {
    if (!asked.signal.aborted) throw error;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  history.pushState(null, "", `?${new URLSearchParams({ slug: input.value })}`);
  void show();
});
addEventListener("popstate", () => void show());
void show();
