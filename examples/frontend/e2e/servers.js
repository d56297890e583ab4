/** What a test needs: the mock, the built app in front of it, and a browser that is on this machine already. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { preview } from "vite";

/** Start the mock on a free port; `{ origin, admin, stop }`. */
export async function startMock() {
  const mock = spawn("flowcontract", ["mock", "--port", "0", "--json", "--token", "viewer"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => mock.once("exit", resolve).once("error", resolve));
  for await (const line of createInterface(mock.stdout)) {
    const { origin, admin } = JSON.parse(line);
    return { origin, admin, stop: () => (mock.kill(), ended) };
  }
  throw new Error("the mock did not start: is `flowcontract` installed, and on the PATH?");
}

/** Serve the built app on a free port, its calls passed on to the mock; `{ url, stop }`. */
export async function startApp(origin) {
  process.env.API_URL = origin;
  process.env.API_TOKEN = "viewer";
  const server = await preview({ preview: { host: "127.0.0.1", port: 0 }, logLevel: "warn" });
  return { url: server.resolvedUrls.local[0], stop: () => server.close() };
}

/** Start the system's Chromium. */
export function startBrowser() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}
