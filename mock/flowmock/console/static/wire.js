// What the page asks the mock, and what the mock tells by itself.

export async function ask(path, method = "GET", body) {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error ?? `The mock answered ${answer.status}.`);
  return value;
}

// Calls `exchange` for each one as it happens, and `live` with whether that is so.
export function follow({ exchange, live }) {
  const source = new EventSource("exchanges/stream");
  source.addEventListener("open", () => live(true));
  source.addEventListener("error", () => live(false));
  source.addEventListener("exchange", (event) => exchange(JSON.parse(event.data)));
}
