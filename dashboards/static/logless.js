// What pages do beyond HTML: read a chart by pointer or arrow keys, and stay fresh while somebody looks.
// Everything works without this file.

function line(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span;
}

function readable(box) {
  if (box.dataset.chart === "read") return;
  box.dataset.chart = "read";
  const buckets = [...box.querySelectorAll(".hit")];
  if (!buckets.length) return;
  const tip = document.createElement("output");
  tip.className = "tip";
  tip.hidden = true;
  box.append(tip);
  box.tabIndex = 0;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", `${box.querySelector("svg").getAttribute("aria-label")}. Arrow keys read it.`);
  for (const bucket of buckets) bucket.querySelector("title").remove();
  let at = -1;

  function show(index) {
    buckets[at]?.classList.remove("shown");
    at = Math.max(0, Math.min(buckets.length - 1, index));
    const bucket = buckets[at];
    bucket.classList.add("shown");
    const value = document.createElement("strong");
    value.textContent = bucket.dataset.value;
    tip.replaceChildren(value, ...[bucket.dataset.label, bucket.dataset.details].filter(Boolean).map((text) => line(text)));
    tip.hidden = false;
    const frame = box.getBoundingClientRect();
    const place = bucket.getBoundingClientRect();
    const half = tip.offsetWidth / 2;
    const middle = place.left + place.width / 2 - frame.left;
    tip.style.left = `${Math.max(half, Math.min(frame.width - half, middle))}px`;
  }

  function hide() {
    buckets[at]?.classList.remove("shown");
    at = -1;
    tip.hidden = true;
  }

  const steps = { ArrowLeft: () => at - 1, ArrowRight: () => at + 1, Home: () => 0, End: () => buckets.length - 1 };
  box.addEventListener("pointermove", (event) => {
    const index = buckets.indexOf(event.target);
    if (index >= 0) show(index);
  });
  box.addEventListener("pointerleave", hide);
  box.addEventListener("blur", hide);
  box.addEventListener("keydown", (event) => {
    if (event.target !== box) return;
    if (event.key === "Escape") hide();
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    show(at < 0 && event.key === "ArrowLeft" ? buckets.length - 1 : step());
  });
}

// A part of the page was swapped and with it what the address says: links outside of that part are told.
function carry() {
  const card = new URL(location.href).searchParams.get("card");
  for (const link of document.querySelectorAll("a[data-carry]")) {
    const target = new URL(link.href);
    if (target.pathname !== location.pathname) continue;
    if (card) target.searchParams.set("card", card);
    else target.searchParams.delete("card");
    link.href = target.href;
  }
}

// Letters that people know from elsewhere. They are ignored in fields and with modifiers, and can be switched off.
function listenForKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [data-chart]")) return;
    if (event.key === "Escape" && document.querySelector(".menu[open]")) return;
    const name = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    const target = document.querySelector(`[data-key="${CSS.escape(name)}"]`);
    if (!target) return;
    event.preventDefault();
    if (target instanceof HTMLInputElement) {
      const menu = target.closest("details");
      if (menu) menu.open = true;
      target.focus();
    } else target.click();
  });
}

function dress(root) {
  for (const box of root.querySelectorAll("[data-chart]")) readable(box);
}

// Whoever has a menu, a table, a tip or a form field of this part in use keeps it as it is.
function isInUse(part) {
  return part.querySelector("details[open], .tip:not([hidden]), input:checked") !== null || (part.contains(document.activeElement) && document.activeElement !== part);
}

function keepFresh(part) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "live";
  button.setAttribute("aria-pressed", "false");
  button.textContent = "Live";
  button.title = "Pause";
  document.querySelector(".controls")?.prepend(button);
  const pause = Number(part.dataset.live);
  let shown = null;
  let failures = 0;
  let timer = 0;

  async function refresh() {
    if (document.hidden || button.getAttribute("aria-pressed") === "true" || isInUse(part)) return;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(part.id);
    if (!fresh || isInUse(part)) return;
    const text = fresh.innerHTML;
    if (text === shown) return;
    shown = text;
    part.replaceChildren(...fresh.childNodes);
    dress(part);
  }

  function again() {
    clearTimeout(timer);
    timer = setTimeout(turn, pause * 2 ** Math.min(failures, 5));
  }

  async function turn() {
    try {
      await refresh();
      failures = 0;
    } catch {
      failures += 1;
    }
    again();
  }

  button.addEventListener("click", () => {
    const paused = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(paused));
    button.textContent = paused ? "Paused" : "Live";
    button.title = paused ? "Go on" : "Pause";
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) turn();
  });
  again();
}

function closeMenus() {
  const menus = [...document.querySelectorAll(".menu")];
  document.addEventListener("click", (event) => {
    for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus) {
      if (menu.open && menu.contains(document.activeElement)) menu.querySelector("summary").focus();
      menu.open = false;
    }
  });
}

dress(document);
closeMenus();
if ("keys" in document.body.dataset) listenForKeys();
document.addEventListener("htmx:after:settle", carry);
const part = document.querySelector("[data-live]");
if (part) keepFresh(part);
