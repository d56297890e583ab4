/** Every state that the page can be in, reached by telling the mock which one, and looked at in a browser. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startApp, startBrowser, startMock } from "./servers.js";

const SLUG = "default-authentication-flow";
let mock, app, browser;

before(async () => {
  mock = await startMock();
  app = await startApp(mock.origin);
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await app?.stop();
  await mock?.stop();
});

/** A test with a page of its own, and a session of its own at the mock: what it sets, no other test sees. */
function state(name, scenarios, body) {
  test(name, { timeout: 60_000 }, async () => {
    const context = await browser.newContext({ extraHTTPHeaders: { "X-Mock-Session": name } });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const errors = [];
    page.on("pageerror", (error) => errors.push(error));
    const card = (kind) => page.locator(`[data-state="${kind}"]`);
    const open = (slug = SLUG) => page.goto(`${app.url}?slug=${encodeURIComponent(slug)}`);
    const set = (...names) => admin("PUT", "scenarios/active", { session: name, scenarios: names });
    try {
      if (scenarios.length) await set(...scenarios);
      await body({ page, card, open, set, session: name });
      if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` });
      assert.deepEqual(errors, []);
    } finally {
      await context.close();
    }
  });
}

async function admin(method, path, body) {
  const response = await fetch(mock.admin + path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.clone().text()}`);
  return response.json();
}

state("success", [], async ({ page, card, session }) => {
  await page.goto(app.url);
  await page.getByLabel("Slug of a flow").fill(SLUG);
  await page.getByRole("button", { name: "Show" }).click();

  await page.getByRole("heading", { name: "Welcome to authentik!" }).waitFor();
  assert.match(await card("found").innerText(), /authentication/);
  assert.match(page.url(), /\?slug=default-authentication-flow$/);
  // What the app sent, as the mock saw it: exactly one call.
  const calls = { path: { slug: SLUG }, session, exactly: 1 };
  assert.equal((await admin("POST", "verify", calls)).ok, true);
});

state("loading", ["stalled"], async ({ card, open }) => {
  await open();

  await card("loading").waitFor();
  assert.equal(await card("loading").getAttribute("aria-busy"), "true");
});

state("unreachable", ["stalled"], async ({ page, card, open }) => {
  await page.clock.install();
  await open();
  await card("loading").waitFor();

  await page.clock.runFor(10_000); // Longer than the app waits.

  await card("unreachable").waitFor();
});

state("not-found", [], async ({ card, open }) => {
  await open("no-such-flow");

  await card("not-found").waitFor();
  assert.match(await card("not-found").innerText(), /no-such-flow/);
});

state("forbidden", ["forbidden"], async ({ card, open }) => {
  await open();

  await card("forbidden").waitFor();
  assert.match(await card("forbidden").innerText(), /You do not have permission to perform this action/);
});

state("rate-limited", ["rate-limited"], async ({ page, card, open }) => {
  await page.clock.install();
  await open();
  await card("rate-limited").waitFor();
  const button = card("rate-limited").getByRole("button");
  assert.equal(await button.innerText(), "Try again in 30 s"); // The mock's Retry-After.
  assert.equal(await button.isDisabled(), true);

  await page.clock.runFor(30_000);

  assert.equal(await button.innerText(), "Try again");
  assert.equal(await button.isDisabled(), false);
});

state("server-error", ["server-error"], async ({ card, open, set }) => {
  await open();
  await card("server-error").waitFor();
  assert.match(await card("server-error").innerText(), /status 500/);

  await set(); // The server recovers, for this session.
  await card("server-error").getByRole("button", { name: "Try again" }).click();

  await card("found").waitFor();
});

state("no-json", ["empty-body"], async ({ card, open }) => {
  await open();

  await card("unreachable").waitFor();
});

state("no-title", ["null-title"], async ({ page, open }) => {
  await open();

  await page.getByRole("heading", { name: "Untitled flow" }).waitFor();
});

state("markup", ["markup-title"], async ({ page, card, open }) => {
  await open("<img src=x>/../initial-setup");
  await card("not-found").waitFor();
  await open();

  await card("found").waitFor();
  assert.match(await card("found").getByRole("heading").innerText(), /<script>alert\(2\)<\/script>/);
  assert.equal(await page.locator("main img, main script").count(), 0);
});

state("long-title", ["long-title"], async ({ page, card, open }) => {
  await page.setViewportSize({ width: 390, height: 800 });
  await open();
  await card("found").waitFor();

  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
});
