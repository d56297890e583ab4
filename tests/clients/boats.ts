// Requests to the handlers of `tests/data/contracts/boats.yaml`. usage: node boats.js PATH...
import { setupServer } from "msw/node";
import { handlers } from "./handlers";

async function main() {
  const server = setupServer(...handlers);
  server.listen({ onUnhandledRequest: "error" });
  for (const path of process.argv.slice(2)) {
    const answer = await fetch(`https://boats.company${path}`);
    console.log(JSON.stringify({ status: answer.status, body: await answer.json() }));
  }
  server.close();
}

main();
