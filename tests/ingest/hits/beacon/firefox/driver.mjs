/*
 * Drives a real Firefox over WebDriver BiDi, as told line by line: a line of JSON in, a line of JSON out.
 *
 *   {"id": 1, "tab": 2, "do": "goto", "with": ["http://…"]}  ->  {"id": 1, "value": …} or {"id": 1, "error": "…"}
 */
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: process.argv[2],
  headless: true,
  extraPrefsFirefox: {
    // Drivers switch the back-forward cache off and pretend that every page has the focus; people's browsers do not.
    "browser.sessionhistory.max_total_viewers": 8,
    "fission.bfcacheInParent": true,
    "focusmanager.testmode": false,
    "intl.accept_languages": "de-AT",
  },
});

const tabs = new Map();

const acts = {
  open: async (number) => {
    tabs.set(number, await browser.newPage());
  },
  close: async (number) => {
    await tabs.get(number).close({ runBeforeUnload: false });
    tabs.delete(number);
  },
  goto: async (number, url) => {
    await tabs.get(number).goto(url);
  },
  // A string is evaluated as it stands; promises are waited for.
  evaluate: (number, text) => tabs.get(number).evaluate(text),
  click: (number, selector, button) => tabs.get(number).click(selector, { button }),
  front: (number) => tabs.get(number).bringToFront(),
};

console.log(JSON.stringify({ version: await browser.version() }));

for await (const line of createInterface({ input: process.stdin })) {
  const { id, tab, do: act, with: values } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ id, value: (await acts[act](tab, ...values)) ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ id, error: String(error) }));
  }
}

await browser.close();
