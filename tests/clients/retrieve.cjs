// Retrieve one flow with the generated TypeScript client, as an application would, and say what came of it.
// usage: node retrieve.cjs BASE_PATH TOKEN SLUG...   Prints one line of JSON for each slug.
const { Configuration, FlowsApi, ResponseError } = require("@goauthentik/api");

const [basePath, accessToken, ...slugs] = process.argv.slice(2);
const flows = new FlowsApi(new Configuration({ basePath, accessToken }));

async function retrieve(slug) {
  try {
    return { flow: await flows.flowsInstancesRetrieve({ slug }) };
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error;
    return { exception: error.name, status: error.response.status, body: await error.response.json() };
  }
}

(async () => {
  for (const slug of slugs) console.log(JSON.stringify(await retrieve(slug)));
})();
