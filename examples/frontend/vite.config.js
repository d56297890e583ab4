import { defineConfig } from "vite";

// The app calls its own origin, and Vite passes the calls on: to the mock, or to a real server.
// The token stays here; no page and no bundle holds it.
const proxy = {
  "/api/v3": {
    target: process.env.API_URL ?? "http://127.0.0.1:8000",
    headers: { Authorization: `Bearer ${process.env.API_TOKEN ?? "any"}` },
  },
};

export default defineConfig({ server: { proxy }, preview: { proxy } });
