/* The demonstration site: tabs that navigate within the page, events, and a reporter of errors. */

import { report } from "/demo/report.js";

const say = (near, ...parts) => {
  const status = near.closest("section, main").querySelector(".status");
  status?.replaceChildren(...parts);
};

const dashboard = (text) => {
  const link = document.createElement("a");
  link.href = "/";
  link.textContent = text;
  return link;
};

/* Tabs: each is a page of its own; with this script they are exchanged without leaving the page. */

const show = async (path) => {
  const answer = await fetch(path);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const feature = page.querySelector("#feature");
  document.querySelector("#feature").replaceWith(feature);
  document.title = feature.dataset.title;
  for (const tab of document.querySelectorAll(".tabs a")) {
    if (new URL(tab.href).pathname === path) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
};

const tabs = document.querySelector(".tabs");

tabs?.addEventListener("click", (event) => {
  const tab = event.target.closest("a");
  if (!tab || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const { pathname } = new URL(tab.href);
  if (pathname === location.pathname) return;
  history.pushState(null, "", pathname);
  show(pathname);
});

if (tabs) addEventListener("popstate", () => show(location.pathname));

/* Events: the beacon counts them, by the attributes that it knows; here they are only said. */

const PROP = "data-logless-prop-";

for (const element of document.querySelectorAll("[data-logless-event]")) {
  element.addEventListener("click", () => {
    const { name, value } = [...element.attributes].find((attribute) => attribute.name.startsWith(PROP));
    const event = `“${element.dataset.loglessEvent}” with ${name.slice(PROP.length)} “${value}”`;
    say(element, `Counted as one ${event}. `, dashboard("See it on the dashboard."));
  });
}

/* An error that is thrown on purpose, in the words of a program that meant to open a note. */

const decryptPage = (notebook, number) => notebook.pages[number].cipher.length;

const openNote = (notebook) => {
  const lengths = [0, 1, 2].map((number) => decryptPage(notebook, number));
  return lengths.at(-1);
};

let consent = false;

for (const button of document.querySelectorAll("[data-throw]")) {
  button.addEventListener("click", () => {
    consent = true;
    openNote({ pages: [{ cipher: "" }, { cipher: "" }] });
  });
}

addEventListener("error", async (event) => {
  // Nothing is sent that nobody agreed to: the consent is the press of the button, and it holds for one report.
  const button = document.querySelector("[data-throw]");
  if (!consent || !event.error || !button) return;
  consent = false;
  say(button, "An error was thrown. Sending its report …");
  const answer = await report(event.error);
  if (answer === 200) say(button, "The report was sent and taken. ", dashboard("See it under Crashes."));
  else say(button, answer ? `The report was refused with ${answer}.` : "The report did not reach the collector.");
});

/* Opting out of being counted. */

const KEY = "logless_opt_out";

const stored = () => {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
};

for (const button of document.querySelectorAll("[data-opt-out]")) {
  const draw = () => button.setAttribute("aria-pressed", String(Boolean(stored())));
  draw();
  button.addEventListener("click", () => {
    try {
      if (stored()) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, "1");
      say(button, stored() ? "This browser is not counted any more." : "This browser is counted.");
    } catch {
      say(button, "This browser keeps no values: use Global Privacy Control or Do Not Track instead.");
    }
    draw();
  });
}
