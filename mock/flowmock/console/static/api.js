// Requests to the admin API, and its live stream.

export async function ask(path, method = "GET", body) {
  const response = await fetch(path, {
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
  const source = new EventSource("exchanges/stream");
  source.addEventListener("open", () => live(true));
  source.addEventListener("error", () => live(false));
  source.addEventListener("exchange", (event) => exchange(JSON.parse(event.data)));
}
