// The wizard with a script: texts as you type, elements at the cursor, steps of a check as they end.
"use strict";
{
  const csrf = () => document.querySelector("input[name=csrf]").value;
  const post = (url, body) =>
    fetch(url, { method: "POST", body, headers: { "X-CSRF-Token": csrf(), "X-Fragment": "yes" } });
  const formBody = (form) => new URLSearchParams(new FormData(form));
  const later = (wait, run) => {
    let timer;
    return () => { clearTimeout(timer); timer = setTimeout(run, wait); };
  };
  const element = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  // While a button is pressed nothing moves, or the click would miss it.
  let isPressed = false;
  addEventListener("pointerdown", () => { isPressed = true; }, true);
  for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, () => { isPressed = false; }, true);
  const untilReleased = async () => {
    while (isPressed) await new Promise((resolve) => setTimeout(resolve, 50));
  };

  // Fields say what is wrong with them, from the first time that they are left or changed.
  const showErrors = (control, errors) => {
    const field = control.closest(".field");
    if (!field) return;
    const id = control.name + "-errors";
    let list = document.getElementById(id);
    if (!errors.length) list?.remove();
    else {
      if (!list) field.append((list = element("ul", { id, className: "errors" })));
      list.setAttribute("aria-live", "polite");
      const said = errors.join("\n");
      if (list.dataset.said !== said) {
        list.replaceChildren(...errors.map((text) => element("li", { textContent: text })));
        list.dataset.said = said;
      }
    }
    field.classList.toggle("field-invalid", errors.length > 0);
    control.toggleAttribute("aria-invalid", errors.length > 0);
    if (errors.length) control.setAttribute("aria-invalid", "true");
    const help = document.getElementById(control.name + "-help");
    const hidden = document.getElementById(control.name + "-hidden");
    const ids = [help?.id, hidden?.id, errors.length ? id : null].filter(Boolean).join(" ");
    if (ids) control.setAttribute("aria-describedby", ids); else control.removeAttribute("aria-describedby");
  };
  for (const form of document.querySelectorAll("form[data-validate]")) {
    const touched = new Set([...form.querySelectorAll("[aria-invalid]")].map((control) => control.name));
    let turn = 0;
    const judge = async () => {
      const mine = ++turn;
      const answer = await post(form.dataset.validate, formBody(form)).catch(() => null);
      if (!answer?.ok || mine !== turn) return;
      const { errors, use_name } = await answer.json();
      await untilReleased();
      if (mine !== turn) return;
      for (const name of touched) {
        // The Object Key says itself what is wrong with it.
        if (name === "s3_key_format_string" && form.dataset.key !== undefined) continue;
        const control = form.elements[name];
        if (control?.matches?.("input, textarea, select")) showErrors(control, errors[name] ?? []);
      }
      const offer = document.getElementById("use-name");
      offer.hidden = !use_name;
      offer.querySelector("em").textContent = use_name ?? "";
      form.dataset.judged = String(mine);
    };
    const soon = later(250, judge);
    form.addEventListener("input", (event) => { touched.add(event.target.name); soon(); });
    form.addEventListener("focusout", (event) => {
      if (!event.target.matches("input[type=text], input[type=password], textarea, select")) return;
      if (event.relatedTarget?.matches("a, button")) return;
      touched.add(event.target.name);
      soon();
    });
    const use = document.querySelector("#use-name button");
    use.addEventListener("click", (event) => {
      event.preventDefault();
      form.elements.s3_bucket.value = use.querySelector("em").textContent;
      touched.add("s3_bucket");
      form.elements.s3_bucket.focus();
      judge();
    });
  }

  // What is typed is kept when the page is left some other way than by its buttons.
  for (const form of document.querySelectorAll("form[data-keep]")) {
    let isChanged = false;
    form.addEventListener("input", () => { isChanged = true; });
    // A page that the browser kept for its Back button is of the draft as it was then.
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
    addEventListener("pagehide", () => {
      if (!isChanged || form.dataset.sent) return;
      const body = formBody(form);
      body.set("go", "keep");
      navigator.sendBeacon(form.action, body);
    });
  }

  // The Object Key.
  const keyForm = document.querySelector("form[data-key]");
  if (keyForm) {
    const key = keyForm.elements.s3_key_format_string;
    const goOn = document.getElementById("key-continue");
    const problems = document.getElementById("key-problems");
    const examples = document.getElementById("key-examples");
    const change = (value, from, to) => {
      key.value = value;
      key.focus();
      key.setSelectionRange(from, to);
      hasCursor = true;
      key.dispatchEvent(new Event("input", { bubbles: true }));
    };
    // Where the reader put the cursor; before the extension if they never did. Tab selects all, which is no place.
    let hasCursor = false;
    for (const kind of ["pointerup", "keydown"]) {
      key.addEventListener(kind, (event) => { if (event.key !== "Tab") hasCursor = true; });
    }
    const beforeExtension = (value) => {
      const dot = value.lastIndexOf(".");
      return dot > value.lastIndexOf("/") ? dot : value.length;
    };
    const cursor = () => {
      const isAll = key.selectionStart === 0 && key.selectionEnd === key.value.length;
      if (hasCursor && !(isAll && key.value)) return [key.selectionStart, key.selectionEnd];
      const at = beforeExtension(key.value);
      return [at, at];
    };
    // A whole key that is taken over leaves the cursor where the next element belongs.
    const replaceAll = (value) => change(value, beforeExtension(value), beforeExtension(value));
    const problemItem = ({ message, position, fix }) => {
      const said = position === null
        ? element("span", { textContent: message })
        : element("button", { type: "button", className: "link", textContent: message });
      said.addEventListener("click", () => {
        if (position === null) return;
        // Positions count characters, fields count UTF-16 units.
        const before = [...key.value].slice(0, position - 1).join("").length;
        const at = [...key.value][position - 1] ?? "";
        key.focus();
        key.setSelectionRange(before, before + at.length);
      });
      const item = element("li", {}, said);
      if (fix) {
        const mend = element("button", { type: "button", className: "button button-small", textContent: "End it with .[csv|jsonl]" });
        mend.addEventListener("click", () => replaceAll(fix));
        item.append(" ", mend);
      }
      return item;
    };
    const show = (preview) => {
      const isBad = preview.problems.length > 0;
      problems.replaceChildren(...preview.problems.map(problemItem));
      document.getElementById("key-field").classList.toggle("field-invalid", isBad);
      if (isBad) key.setAttribute("aria-invalid", "true"); else key.removeAttribute("aria-invalid");
      // A button that is disabled could not say why.
      goOn.setAttribute("aria-disabled", String(isBad));
      examples.replaceChildren(...preview.examples.map(({ of, key: name }) =>
        element("div", {}, element("dt", { textContent: of }), element("dd", {}, element("code", { textContent: name })))));
      document.getElementById("key-no-example").hidden = !isBad;
      keyForm.dataset.judged = key.value;
    };
    let turn = 0;
    const judge = async () => {
      const mine = ++turn;
      const answer = await post("/destinations/key-preview", formBody(keyForm)).catch(() => null);
      if (!answer?.ok || mine !== turn) return;
      const preview = await answer.json();
      await untilReleased();
      if (mine === turn) show(preview);
    };
    const soon = later(120, judge);
    key.addEventListener("input", soon);
    keyForm.addEventListener("change", (event) => { if (event.target.name === "output_file_format") judge(); });
    keyForm.addEventListener("click", (event) => {
      const button = event.target.closest("button[name=insert], button[name=replace]");
      if (!button) return;
      event.preventDefault();
      if (button.name === "replace") return replaceAll(button.value);
      const [from, to] = cursor();
      const at = from + button.value.length;
      change(key.value.slice(0, from) + button.value + key.value.slice(to), at, at);
    });
    // With a key that is wrong nothing is sent, and the field says why. Buttons with a name ask for something else.
    keyForm.addEventListener("submit", (event) => {
      const problem = problems.querySelector("span, button.link");
      const isAhead = !event.submitter?.name;
      if (!problem || !isAhead || key.value !== keyForm.dataset.judged) return;
      event.preventDefault();
      delete keyForm.dataset.sent;
      key.focus();
      announce(problem.textContent);
    });
    judge();
  }

  // Boxes whose links and lists change the box, and nothing around it.
  const swap = async (box, url, refocus) => {
    const answer = await fetch(url).catch(() => null);
    if (!answer?.ok) return void (location.href = url);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(box.id);
    if (!fresh) return void (location.href = url);
    box.replaceWith(fresh);
    bindSwap(fresh);
    bindCopies(fresh);
    fresh.querySelector(refocus)?.focus();
  };
  const bindSwap = (box) => {
    for (const extra of box.querySelectorAll(".without-script")) extra.hidden = true;
    box.addEventListener("click", (event) => {
      const link = event.target.closest(".tabs a");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      swap(box, link.href, ".tabs a[aria-current]");
    });
    box.querySelector(".partition-form select")?.addEventListener("change", (event) => {
      const form = event.target.form;
      swap(box, form.action + "?" + formBody(form), ".partition-form select");
    });
  };
  document.querySelectorAll("[data-swap]").forEach(bindSwap);

  // The check: a second between looks, until it is over.
  const putPanel = (html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("check");
    const old = document.getElementById("check");
    if (!fresh || !old) return;
    const isRunning = fresh.dataset.state === "running";
    const isNewState = old.dataset.state !== fresh.dataset.state;
    const isOver = !isRunning && (isNewState && old.dataset.state === "running" || old.dataset.watched === "yes");
    // The region stays, and with it the focus.
    for (const time of fresh.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      time.textContent = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" }).format(at);
    }
    old.replaceChildren(...fresh.childNodes);
    const button = document.querySelector("form[data-check] button");
    old.dataset.state = fresh.dataset.state;
    if (button) {
      button.dataset.label ??= button.textContent;
      // A button that is disabled would lose the focus.
      button.setAttribute("aria-disabled", String(isRunning));
      button.textContent = isRunning ? "Checking…" : button.dataset.label;
    }
    if (isOver && fresh.dataset.state === "succeeded" && old.dataset.next) {
      // The page that says so is the answer to the form.
      formMark.leave();
      location.href = old.dataset.next;
      return;
    }
    if (old.dataset.told !== fresh.dataset.told) announce(fresh.dataset.told);
    old.dataset.told = fresh.dataset.told;
    // What else the page says of the destination changes with it.
    if ((isNewState || isOver) && live.hasParts) live.refresh();
    if (isRunning) setTimeout(look, 1000);
    else delete old.dataset.watched;
  };
  const look = async () => {
    const old = document.getElementById("check");
    const answer = await fetch(old.dataset.poll, { headers: { "X-Fragment": "yes" } }).catch(() => null);
    const isSeen = answer?.ok && !answer.redirected;
    // Signed out, or away: the notice says so, until it is not so any more.
    if (!isSeen || notice.isShown()) live.refresh();
    if (isSeen) putPanel(await answer.text());
    else setTimeout(look, 3000);
  };
  if (document.getElementById("check")?.dataset.state === "running") setTimeout(look, 300);
  for (const form of document.querySelectorAll("form[data-check]")) {
    form.addEventListener("submit", async (event) => {
      // It is on its way.
      if (event.defaultPrevented) return;
      event.preventDefault();
      const panel = document.getElementById("check");
      if (panel.dataset.state === "running") return void delete form.dataset.sent;
      panel.dataset.watched = "yes";
      panel.dataset.told = "";
      // Where the panel is right above its button, the focus goes to what happens.
      if (panel.dataset.next) panel.focus();
      const answer = await post(form.action, formBody(form)).catch(() => null);
      delete form.dataset.sent;
      if (!answer?.ok || answer.redirected) {
        formMark.leave();
        return form.submit();
      }
      putPanel(await answer.text());
    });
  }

  // A name that is shown once is not kept by the browser for its Back button either.
  if (document.querySelector("[data-once]")) {
    addEventListener("pagehide", () => {
      for (const one of document.querySelectorAll(".once")) one.remove();
    });
  }
}
