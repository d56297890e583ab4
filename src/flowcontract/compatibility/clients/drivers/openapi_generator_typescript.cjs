// Call operations with a client that openapi-generator made for TypeScript (fetch), as a program would.
//
// It is run by Node in the client's own environment. Standard input and output are those of the driver for Python:
// {module, timeout, calls: [{url, operation, arguments, headers, parameters, body}]} comes in, for each call one line goes out,
// {ok: true, value} or {ok: false, error, message, status}.
//
// The client is bundled first, as a web application is: esbuild stands beside it in its environment.
const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const write = process.stdout.write.bind(process.stdout);
console.log = console.info = console.error; // What a client prints is no answer.

// What a bundler makes of a package: the file for `import` goes before the one for `require`, where it has both.
function bundled(name) {
  const here = createRequire(join(process.cwd(), "_"));
  const built = here("esbuild").buildSync({
    stdin: { contents: `export * from ${JSON.stringify(name)}`, resolveDir: process.cwd() },
    bundle: true,
    format: "cjs",
    mainFields: ["module", "main"],
    platform: "node",
    logLevel: "error",
    write: false,
  });
  const made = { exports: {} };
  new Function("module", "exports", "require", built.outputFiles[0].text)(made, made.exports, here);
  return made.exports;
}

const plain = (name) => name.toLowerCase().replace(/[^a-z0-9]/g, "");
const camel = (name) => name.replace(/[^A-Za-z0-9]+(.)?/g, (_, next) => (next ?? "").toUpperCase());

// The class and the method of an operation: generators write its id in the language's own way.
function methodOf(client, operation) {
  for (const [name, kind] of Object.entries(client)) {
    if (!name.endsWith("Api") || typeof kind !== "function") continue;
    const found = Object.getOwnPropertyNames(kind.prototype).find((each) => plain(each) === plain(operation));
    if (found) return [kind, found];
  }
  return null;
}

const given = (values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [camel(name), value]));
const said = (value) => (typeof value === "object" ? `object of ${Object.keys(value).length} fields` : typeof value);

// The argument for the request body has the name that no parameter has; it is an object of the client's own.
function withBody(client, kind, name, values, parameters, body) {
  const source = String(kind.prototype[`${name}Raw`] ?? kind.prototype[name]);
  const others = new Set(parameters.map(plain));
  const names = [...source.matchAll(/requestParameters(?:\.(\w+)|\[["'](\w+)["']\])/g)].map((each) => each[1] ?? each[2]);
  const own = names.find((each) => !others.has(plain(each))) ?? "body";
  const type = source.match(/(\w+)ToJSON\w*\)?\(\s*requestParameters/)?.[1];
  const read = client[`${type}FromJSON`];
  return { ...values, [own]: read ? read(body) : body };
}

async function called(client, { url, operation, arguments: values, headers, parameters, body }, timeout) {
  const found = methodOf(client, operation);
  if (!found) return { ok: false, error: "", message: `the client has no method for ${operation}`, status: null };
  const [kind, name] = found;
  if (body !== undefined) values = withBody(client, kind, name, values, parameters, body);
  const api = new kind(new client.Configuration({ basePath: url, headers }));
  const signal = AbortSignal.timeout(timeout * 1000);
  const init = async ({ init }) => ({ ...init, signal });
  try {
    const value = await (api[name].length > 1 || Object.keys(values).length ? api[name](given(values), init) : api[name](init));
    return { ok: true, value: value === undefined || value === null ? null : said(value) };
  } catch (error) {
    const cause = error.cause ? ` (${error.cause.message})` : "";
    return { ok: false, error: error.name, message: `${error.message}${cause}`, status: error.response?.status ?? null };
  }
}

(async () => {
  const work = JSON.parse(readFileSync(0, "utf8"));
  const client = bundled(work.module);
  for (const call of work.calls) write(JSON.stringify(await called(client, call, work.timeout)) + "\n");
})();
