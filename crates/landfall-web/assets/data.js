
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

// What came in and what landed is told once, by a live region that is no part of what is replaced: not each number in
// between, and not more often than people listen.
const news = (() => {
  const region = document.getElementById("news");
  const KEEP_MS = 60000, SETTLE_MS = 2000, PAUSE_MS = 30000;
  const key = `news ${location.pathname}`;
  let told = null;
  let timer = 0;
  let spoken = -PAUSE_MS;
  let isHeard = false;

  function facts() {
    const found = document.querySelector("[data-news]");
    if (!found) return null;
    const { waiting, landed, received, place } = found.dataset;
    return { waiting: Number(waiting), landed: Number(landed), received, place };
  }
  function say(text) {
    region.textContent = text;
  }
  function keep() {
    if (!told) return;
    // After a form is sent the page is a new one, and goes on from here.
    try {
      sessionStorage.setItem(key, JSON.stringify({ at: Date.now(), ...told }));
    } catch {
      // Nothing is kept where a browser keeps nothing.
    }
  }
  function tellLanded() {
    timer = 0;
    const now = facts();
    if (!now || now.landed <= told.landed) return;
    const rows = now.landed - told.landed;
    const number = new Intl.NumberFormat("en").format(rows);
    say(`${number} ${rows === 1 ? "row" : "rows"} landed${now.place ? ` in ${now.place}` : ""}.`);
    spoken = performance.now();
    told.landed = now.landed;
    keep();
  }
  function look() {
    const now = isHeard && facts();
    if (!now) return;
    told ??= { waiting: now.waiting, landed: now.landed };
    // A new day begins at nought.
    told.landed = Math.min(told.landed, now.landed);
    if (told.waiting === 0 && now.waiting > 0 && now.landed === told.landed) say(now.received);
    told.waiting = now.waiting;
    keep();
    if (now.landed > told.landed && !timer) {
      timer = setTimeout(tellLanded, Math.max(SETTLE_MS, spoken + PAUSE_MS - performance.now()));
    }
  }
  try {
    const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
    if (kept && Date.now() - kept.at < KEEP_MS) told = { waiting: kept.waiting, landed: kept.landed };
  } catch {
    told = null;
  }
  if (region) {
    // What comes in from here on is news, even before anybody can be told.
    const now = facts();
    if (now) told ??= { waiting: now.waiting, landed: now.landed };
    addEventListener("pagehide", keep);
    // Once the region is known to screen readers.
    setTimeout(() => {
      isHeard = true;
      look();
    }, 500);
  }
  return { look };
})();

// Pages with numbers that move: when the server says so, the page is asked for again, and the parts with data-live
// that differ are taken over.
{
  const events = document.querySelector("[data-events]");
  const regions = new Map();
  for (const region of document.querySelectorAll("[data-live]")) regions.set(region.id, null);

  function takeOver(id, fresh) {
    const region = document.getElementById(id);
    if (!region || regions.get(id) === fresh.innerHTML) return;
    const isFirst = regions.get(id) === null;
    regions.set(id, fresh.innerHTML);
    const open = [...region.querySelectorAll("details[open][id]")].map((one) => one.id);
    const focusable = "a[href], button, summary, [tabindex]";
    const focused = [...region.querySelectorAll(focusable)].indexOf(document.activeElement);
    const copy = document.importNode(fresh, true);
    showLocalTimes(copy);
    if (isFirst && copy.innerHTML === region.innerHTML) return;
    for (const one of open) copy.querySelector(`#${CSS.escape(one)}`)?.setAttribute("open", "");
    region.replaceChildren(...copy.childNodes);
    if (focused >= 0) region.querySelectorAll(focusable)[focused]?.focus({ preventScroll: true });
  }

  let isAsking = false;
  async function refresh() {
    if (isAsking || document.hidden) return;
    isAsking = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html", "X-Fragment": "yes" } });
      // Whoever is signed out meanwhile is told so by the next click.
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of regions.keys()) {
        const fresh = page.getElementById(id);
        if (fresh) takeOver(id, fresh);
      }
      countDown();
      news.look();
    } catch {
      // The server is away: the next event, or look, shows when it is back.
    } finally {
      isAsking = false;
    }
  }

  let source = null;
  let timer = 0;
  function listen() {
    source = new EventSource(events.dataset.events);
    source.addEventListener("change", refresh);
    source.addEventListener("error", () => {
      // Refused, not merely interrupted: look from time to time instead.
      if (source && source.readyState === EventSource.CLOSED && !timer) timer = setInterval(refresh, 10000);
    });
  }
  function stop() {
    if (source) source.close();
    source = null;
    clearInterval(timer);
    timer = 0;
  }
  if (events && regions.size > 0) {
    // A page that nobody sees asks for nothing, so that its session can end.
    document.addEventListener("visibilitychange", () => {
      stop();
      if (!document.hidden) listen();
    });
    addEventListener("pagehide", stop);
    listen();
  }
}

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
