
// Time that is left, counted down.
function within(left) {
  const minutes = Math.ceil(Math.max(left, 0) / 60000);
  if (minutes === 0) return "any moment";
  if (minutes === 1) return "within a minute";
  return minutes <= 120 ? `within ${minutes} minutes` : `within ${Math.ceil(minutes / 60)} hours`;
}
// From when it was first seen on, since the reader's clock may be wrong.
const deadlines = new WeakMap();
function countDown() {
  for (const time of document.querySelectorAll("time[data-left-seconds]")) {
    const now = performance.now();
    if (!deadlines.has(time)) deadlines.set(time, now + time.dataset.leftSeconds * 1000);
    const text = within(deadlines.get(time) - now);
    if (time.textContent !== text) time.textContent = text;
  }
}
countDown();
setInterval(countDown, 5000);

// Pages with numbers that move: when the server says so, the page is asked for again, and the parts with data-live
// that differ are taken over.
const live = (() => {
  // Beside events that were interrupted, and in the place of events that were refused.
  const RETRY_MS = 5000, LOOK_MS = 10000;
  const PATIENCE_MS = 10000;
  const events = document.querySelector("[data-events]");
  const regions = new Map();
  for (const region of document.querySelectorAll("[data-live]")) regions.set(region.id, null);

  // Whether one node can become the other by what is in it. Time that is left is counted from each new element on.
  function isAlike(old, fresh) {
    if (old.nodeName !== fresh.nodeName) return false;
    if (old.nodeType !== Node.ELEMENT_NODE) return true;
    return !fresh.hasAttribute("data-left-seconds") && old.cloneNode(false).isEqualNode(fresh.cloneNode(false));
  }
  function become(old, fresh) {
    if (old.nodeType === Node.ELEMENT_NODE) mergeChildren(old, fresh);
    else if (old.data !== fresh.data) old.data = fresh.data;
  }
  // Takes over what differs and nothing else, so that what is read, or has the focus, stays.
  function mergeChildren(old, fresh) {
    const from = [...old.childNodes], to = [...fresh.childNodes];
    const most = Math.min(from.length, to.length);
    let head = 0, tail = 0;
    while (head < most && isAlike(from[head], to[head])) head += 1;
    while (tail < most - head && isAlike(from.at(-1 - tail), to.at(-1 - tail))) tail += 1;
    for (let at = 0; at < head; at += 1) become(from[at], to[at]);
    for (let at = 1; at <= tail; at += 1) become(from.at(-at), to.at(-at));
    for (const gone of from.slice(head, from.length - tail)) gone.remove();
    const next = tail > 0 ? from.at(-tail) : null;
    for (const come of to.slice(head, to.length - tail)) old.insertBefore(come, next);
  }

  function takeOver(id, fresh) {
    const region = document.getElementById(id);
    if (!region || regions.get(id) === fresh.innerHTML) return;
    const isFirst = regions.get(id) === null;
    regions.set(id, fresh.innerHTML);
    const open = [...region.querySelectorAll("details[open][id]")].map((one) => one.id);
    const focusable = "a[href], button, summary, [tabindex]";
    const active = document.activeElement;
    const focused = [...region.querySelectorAll(focusable)].indexOf(active);
    const copy = document.importNode(fresh, true);
    showLocalTimes(copy);
    for (const one of open) copy.querySelector(`#${CSS.escape(one)}`)?.setAttribute("open", "");
    // A heading that has the focus keeps it.
    if (region.querySelector("h1[tabindex]")) copy.querySelector("h1")?.setAttribute("tabindex", "-1");
    if (isFirst && copy.innerHTML === region.innerHTML) return;
    mergeChildren(region, copy);
    if (focused >= 0 && !active.isConnected) region.querySelectorAll(focusable)[focused]?.focus({ preventScroll: true });
  }

  // The page as it is now; null if the server does not answer.
  async function ask() {
    const headers = { accept: "text/html", "X-Fragment": "yes" };
    try {
      const answer = await fetch(location.href, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
      if (answer.status >= 500) return null;
      const path = new URL(answer.url).pathname;
      const isAtDoor = answer.redirected && ["/sign-in", "/setup"].includes(path);
      const isSignedOut = isAtDoor || [401, 403].includes(answer.status);
      return { isSignedOut, isPage: answer.ok && !answer.redirected, html: await answer.text() };
    } catch {
      return null;
    }
  }
  // Since when it does not.
  let awaySince = null;
  let isAsking = false;
  let isDue = false;
  async function refresh() {
    if (document.hidden) return;
    // What is on its way may be older than what is wanted now.
    isDue = isAsking;
    if (isAsking) return;
    isAsking = true;
    const asked = performance.now();
    try {
      use(await ask(), asked);
    } finally {
      isAsking = false;
    }
    if (isDue) refresh();
  }
  function use(answer, asked) {
    if (!answer) {
      awaySince ??= asked;
      if (performance.now() - awaySince >= PATIENCE_MS) notice.tellAway();
      return;
    }
    awaySince = null;
    if (answer.isSignedOut) return void notice.tellSignedOut();
    if (!answer.isPage) return;
    const page = new DOMParser().parseFromString(answer.html, "text/html");
    for (const id of regions.keys()) {
      const fresh = page.getElementById(id);
      if (fresh) takeOver(id, fresh);
    }
    // Whoever signed in again meanwhile has another session, and so have their forms.
    const csrf = page.querySelector("input[name=csrf]");
    for (const input of document.querySelectorAll("input[name=csrf]")) input.value = csrf?.value ?? input.value;
    countDown();
    news.look();
    if (notice.tellFresh() && source?.readyState === EventSource.CLOSED) {
      stop();
      listen();
    }
  }

  let source = null;
  let timer = 0;
  function listen() {
    source = new EventSource(events.dataset.events);
    source.addEventListener("change", refresh);
    source.addEventListener("open", () => {
      clearInterval(timer);
      timer = 0;
      if (awaySince !== null || notice.isShown()) refresh();
    });
    // The server has gone, or the session has ended, or only the connection: that is seen at once, and looked after.
    source.addEventListener("error", () => {
      refresh();
      const isRefused = source?.readyState === EventSource.CLOSED;
      if (isRefused) clearInterval(timer);
      if (isRefused || !timer) timer = setInterval(refresh, isRefused ? LOOK_MS : RETRY_MS);
    });
  }
  function stop() {
    if (source) source.close();
    source = null;
    clearInterval(timer);
    timer = 0;
    awaySince = null;
  }
  if (events && regions.size > 0) {
    // A page that nobody sees asks for nothing, so that its session can end.
    document.addEventListener("visibilitychange", () => {
      stop();
      if (!document.hidden) listen();
    });
    addEventListener("pagehide", stop);
    listen();
  } else if (regions.size > 0) {
    document.addEventListener("visibilitychange", refresh);
  }
  return { refresh, hasParts: regions.size > 0 };
})();

// The folder that follows from a name, while it is typed. The server derives it by the same rule.
for (const place of document.querySelectorAll("[data-derives]")) {
  const input = place.querySelector("input");
  const preview = document.getElementById(place.dataset.derives);
  function derive() {
    const name = [...input.value.trim().toLowerCase()]
      .map((letter) => (/\s/u.test(letter) ? "_" : letter))
      .filter((letter) => /[a-z0-9_$-]/.test(letter))
      .join("");
    preview.hidden = input.value.trim() === "";
    preview.querySelector("code").textContent = name || "–";
    preview.classList.toggle("preview-bad", !/^[a-z_][a-z0-9_$-]{0,48}$/.test(name));
  }
  input.addEventListener("input", derive);
  derive();
}

// Choices that show more fields.
for (const choice of document.querySelectorAll("input[type=radio][data-shows]")) {
  const place = document.getElementById(choice.dataset.shows);
  for (const plain of place.querySelectorAll(".only-plain")) plain.hidden = true;
  const show = () => { place.hidden = !choice.checked; };
  for (const other of choice.form.querySelectorAll(`input[name="${CSS.escape(choice.name)}"]`)) {
    other.addEventListener("change", show);
  }
  show();
}
