// What script adds to pages that work without it: news without reloading by hand, keys, focus.
"use strict";

// Something is on its way: look again until it has arrived, then show the page anew. Who is in the
// middle of something is not taken out of it: the notice says that there is news, and has a link.
const waiting = document.querySelector("[data-look-again]");
if (waiting) {
  let looks = 0;
  const look = async () => {
    looks += 1;
    if (looks > 40) return;
    try {
      const answer = await fetch(waiting.dataset.lookAgain, { headers: { Accept: "application/json" } });
      if (answer.ok && (await answer.json()).waiting === 0) {
        if (document.activeElement === document.body) location.reload();
        else waiting.firstChild.data = `${waiting.dataset.news} `;
        return;
      }
    } catch { /* the network is away; look again */ }
    setTimeout(look, Math.min(500 * looks, 5000));
  };
  setTimeout(look, 700);
}

// A form came back with something to put right: begin there.
const first = document.querySelector("#questions, #gaps, #errors, [data-focus]");
if (first) first.focus({ preventScroll: false });

// A part of the drawn body is pressed: its box is ticked.
for (const part of document.querySelectorAll(".cover [data-part]")) {
  part.addEventListener("click", () => {
    const box = document.querySelector(`.cover [value="${part.dataset.part}"]`);
    if (box) box.click();
  });
}

// Filters take effect at once.
for (const field of document.querySelectorAll("[data-at-once] select, [data-at-once] input[type=checkbox]")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}

// All rows at once.
const all = document.querySelector("[data-all]");
if (all) {
  all.hidden = false;
  all.querySelector("input").addEventListener("change", (event) => {
    for (const box of document.querySelectorAll("[name=journey]")) box.checked = event.target.checked;
  });
}

// Keys on the worklist: j and k go down and up, Enter opens, / searches.
const rows = [...document.querySelectorAll("[data-rows] .patient")];
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  const search = document.querySelector("input[type=search]");
  if (event.key === "/" && search) {
    event.preventDefault();
    search.focus();
  } else if ((event.key === "j" || event.key === "k") && rows.length) {
    const now = rows.indexOf(document.activeElement);
    const next = now < 0 ? 0 : Math.min(Math.max(now + (event.key === "j" ? 1 : -1), 0), rows.length - 1);
    rows[next].focus();
  }
});

// Print where there is a printer.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
