// What pages can do with a script; without one, everything still works.
"use strict";

// Instants in the reader's zone. The title keeps UTC.
function showLocalTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([data-left-seconds])")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) {
      time.textContent = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" }).format(at);
    }
  }
}
showLocalTimes(document);

// What changes without a new page is told to screen readers, the same thing twice too.
function announce(text) {
  const announcer = document.getElementById("announcer");
  announcer.textContent = "";
  setTimeout(() => { announcer.textContent = text; }, 50);
}

// Buttons that copy.
function bindCopies(root) {
  for (const button of root.querySelectorAll("button[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    const label = button.firstChild;
    const what = button.querySelector(".visually-hidden").textContent.trim();
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      } catch {
        return announce(`Not copied: the browser does not allow it. Select the ${what} and copy it.`);
      }
      label.nodeValue = "Copied";
      announce(`Copied: ${what}`);
      setTimeout(() => { label.nodeValue = "Copy"; }, 2000);
    });
  }
}
bindCopies(document);

// Menus close on Escape, and when something else is clicked.
const menus = [...document.querySelectorAll("details.menu")];
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

// A form is sent once.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
