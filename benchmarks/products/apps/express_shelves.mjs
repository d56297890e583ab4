// An Express application in the usual style: a document of its own, checked by express-openapi-validator.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(process.env.MODULES);
const express = require("express");
const { middleware } = require("express-openapi-validator");

const [, , port, file] = process.argv;
const document = JSON.parse(readFileSync(file, "utf8"));
const shelves = new Map([[1, { id: 1, label: "A1", width: 80 }], [2, { id: 2, label: "B4", width: 120 }]]);
let last = shelves.size;

const app = express();
app.disable("x-powered-by");
app.use(express.json());
app.get("/openapi.json", (_, response) => response.json(document));
app.use(middleware({ apiSpec: document, validateRequests: true, validateResponses: true }));

const one = (request, response, next) => {
  request.shelf = shelves.get(Number(request.params.id));
  return request.shelf ? next() : response.status(404).json({ message: "There is no such shelf." });
};
app.get("/shelves", (request, response) => {
  const { limit, offset } = request.query;
  const all = [...shelves.values()];
  response.json({ items: all.slice(offset, offset + limit), total: all.length });
});
app.post("/shelves", (request, response) => {
  last += 1;
  shelves.set(last, { width: 80, ...request.body, id: last });
  response.status(201).location(`/shelves/${last}`).json(shelves.get(last));
});
app.get("/shelves/:id", one, (request, response) => response.json(request.shelf));
app.put("/shelves/:id", one, (request, response) => {
  shelves.set(request.shelf.id, { width: 80, ...request.body, id: request.shelf.id });
  response.json(shelves.get(request.shelf.id));
});
app.delete("/shelves/:id", one, (request, response) => {
  shelves.delete(request.shelf.id);
  response.status(204).end();
});
app.use((error, _request, response, _next) => {
  for (const [name, text] of Object.entries(error.headers ?? {})) response.set(name, text);
  response.status(error.status ?? 500).json({ message: error.message });
});
app.listen(Number(port), "127.0.0.1");
