// Requests to the admin API, and its live stream. Paths are relative to the console, whichever page asks.

const BASE = new URL("../", import.meta.url);

export async function ask(path, method = "GET", body) {
  const response = await fetch(new URL(path, BASE), {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const value = await response.json();
  if (!response.ok) throw new Error(value.error ?? `The mock returned ${response.status}.`);
  return value;
}

// Calls `exchange` for each new exchange, and `live` with whether the stream is connected.
export function follow({ exchange, live }) {
  const source = new EventSource(new URL("exchanges/stream", BASE));
  source.addEventListener("open", () => live(true));
  source.addEventListener("error", () => live(false));
  source.addEventListener("exchange", (event) => exchange(JSON.parse(event.data)));
}
