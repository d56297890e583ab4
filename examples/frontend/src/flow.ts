/** What came of asking for a flow: one value for each state that the page has to show. */
import { Configuration, FlowsApi, ResponseError, type Flow } from "@goauthentik/api";

export type Outcome =
  | { kind: "found"; flow: Flow }
  | { kind: "not-found" }
  | { kind: "forbidden"; detail: string }
  | { kind: "rate-limited"; seconds: number }
  | { kind: "server-error"; status: number }
  | { kind: "unreachable" };

const PATIENCE = 10_000; // Milliseconds: a server that hangs is one that cannot be reached.
const flows = new FlowsApi(new Configuration({ basePath: "/api/v3" }));

/** Ask for a flow. Never rejects, except when `signal` ends the request. */
export async function retrieve(slug: string, signal: AbortSignal): Promise<Outcome> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), PATIENCE);
  try {
    const flow = await flows.flowsInstancesRetrieve({ slug }, { signal: AbortSignal.any([signal, late.signal]) });
    // The generated client validates nothing: any JSON is typed as a flow.
    return typeof flow.pk === "string" ? { kind: "found", flow } : { kind: "server-error", status: 200 };
  } catch (error) {
    if (signal.aborted) throw error;
    // Without a response, or if it is truncated or not JSON, the client throws other errors.
    return error instanceof ResponseError ? await refused(error.response) : { kind: "unreachable" };
  } finally {
    clearTimeout(timer);
  }
}

async function refused(response: Response): Promise<Outcome> {
  switch (response.status) {
    case 404:
      return { kind: "not-found" };
    case 401:
    case 403:
      return { kind: "forbidden", detail: await detail(response) };
    case 429:
      return { kind: "rate-limited", seconds: Math.max(1, Number(response.headers.get("Retry-After")) || 10) };
    default:
      return { kind: "server-error", status: response.status };
  }
}

/** What the server says of an error, where it says it as JSON. A proxy or a crash answers with a page. */
async function detail(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => null);
  const found = (body as { detail?: unknown } | null)?.detail;
  return typeof found === "string" ? found : "";
}
