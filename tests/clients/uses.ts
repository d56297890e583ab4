// A frontend's test that uses what was exported. usage: node uses.js SCENE SLUG... | node uses.js fixtures
import { setupServer } from "msw/node";
import { flowsInstancesRetrieve, type Flow } from "./fixtures";
import { handlers, scenarios } from "./handlers";
import * as models from "./models";

const [scene = "", ...slugs] = process.argv.slice(2);
const flow: Flow = flowsInstancesRetrieve[200]["initial-setup"];
// @ts-expect-error: no flow has this designation.
export const wrong: Flow = { ...flow, designation: "nonsense" };
// @ts-expect-error: a flow has a name.
export const nameless: Flow = { slug: flow.slug };

async function retrieve(slug: string) {
  try {
    const answer = await fetch(`https://authentik.company/api/v3/flows/instances/${slug}/`);
    return { status: answer.status, type: answer.headers.get("content-type"), body: await answer.text() };
  } catch (error) {
    return { failed: (error as Error).name };
  }
}

async function main() {
  if (scene === "fixtures") {
    const { exportUrl } = models.flowsInstancesRetrieve["initial-setup"];
    console.log(JSON.stringify({ slug: flow.slug, exportUrl, flows: Object.keys(flowsInstancesRetrieve[200]).length }));
    return;
  }
  const server = setupServer(...handlers);
  server.listen({ onUnhandledRequest: "error" });
  const chosen = Object.entries(scenarios).find(([name]) => name === scene);
  if (chosen) server.use(...chosen[1]);
  for (const slug of slugs) console.log(JSON.stringify(await retrieve(slug)));
  server.close();
}

main();
