// Puts a button beside what is there to be copied. Without it the text can be selected, as any other.

function select(text) {
  const range = document.createRange();
  range.selectNodeContents(text);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

for (const box of document.querySelectorAll("[data-copy]")) {
  const text = box.querySelector("code");
  const button = document.createElement("button");
  const said = document.createElement("span");
  button.type = "button";
  button.textContent = "Copy";
  if (box.dataset.copy) button.setAttribute("aria-label", `Copy ${box.dataset.copy}`);
  said.className = "hint";
  said.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      said.textContent = "Copied";
    } catch {
      // On plain http to another machine browsers have no clipboard for pages.
      select(text);
      said.textContent = "Selected: copy it by keyboard";
    }
  });
  const row = document.createElement("p");
  row.className = "copying";
  row.append(button, said);
  box.after(row);
}
