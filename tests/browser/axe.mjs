// Opens pages in Debian's Chromium, at the width of a telephone and of a desk, runs axe on each,
// prints what it finds and leaves a picture of each page.
//
// usage: node axe.mjs OUT_DIR URL...
//
// Exit status: 0 nothing found; 1 violations, or a page that did not load; 2 wrong usage.
// Modules come from $RELANCE_BROWSER_MODULES (a folder with node_modules), which tests/run fills.

import { createRequire } from "node:module";
import { mkdir } from "node:fs/promises";
import path from "node:path";

const WIDTHS = [390, 1280];
const HEIGHT = 900;
const LOAD_WITHIN_MS = 30_000;
// Pages open at once: while one is drawn, another is looked at.
const TABS = 4;
// WCAG 2.2 A and AA, and what is good practice beyond.
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const [out, ...urls] = process.argv.slice(2);
if (!out || urls.length === 0) {
  console.error("usage: node axe.mjs OUT_DIR URL...");
  process.exit(2);
}

const here = process.env.RELANCE_BROWSER_MODULES ?? path.join(import.meta.dirname ?? ".", "modules");
const load = createRequire(path.join(here, "package.json"));
const { chromium } = load("playwright-core");
const axePath = load.resolve("axe-core/axe.min.js");

/** A name for a picture: the page's path, without what may be secret in it. */
function pictureName(number, url, width) {
  const first = new URL(url).pathname.split("/").find((part) => part !== "") ?? "front";
  return `${String(number).padStart(2, "0")}-${first.replace(/[^a-z0-9-]/gi, "_")}-${width}.png`;
}

/** Everything wrong with one page at one width, a line each. Pages that tell an error count too. */
async function faults(page, url) {
  await page.goto(url, { timeout: LOAD_WITHIN_MS });
  await page.addScriptTag({ path: axePath });
  const report = await page.evaluate(
    (tags) => globalThis.axe.run({ runOnly: { type: "tag", values: tags } }),
    TAGS,
  );
  const found = report.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.impact} ${rule.id}: ${rule.help}\n      ${node.html}`),
  );
  const [content, view] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  if (content > view) found.push(`wider than the window: ${content} of ${view} pixels`);
  return found;
}

await mkdir(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: FLAGS,
});
let faulty = 0;
try {
  for (const width of WIDTHS) {
    const context = await browser.newContext({
      viewport: { width, height: HEIGHT },
      // Pages forbid every script; axe is one.
      bypassCSP: true,
    });
    const lines = new Array(urls.length);
    const waiting = urls.entries();
    const look = async () => {
      const page = await context.newPage();
      for (const [number, url] of waiting) {
        const found = await faults(page, url).catch((error) => [`did not load: ${error.message}`]);
        const picture = path.join(out, pictureName(number, url, width));
        await page.screenshot({ path: picture, fullPage: true });
        const verdict = `${found.length === 0 ? "ok  " : "BAD "} ${width}px ${url}`;
        lines[number] = [verdict, ...found.map((line) => `    ${line}`)].join("\n");
        faulty += found.length === 0 ? 0 : 1;
      }
    };
    await Promise.all(Array.from({ length: TABS }, look));
    console.log(lines.join("\n"));
    await context.close();
  }
} finally {
  await browser.close();
}
process.exit(faulty === 0 ? 0 : 1);
