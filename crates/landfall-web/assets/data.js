
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
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      // Whoever is signed out meanwhile is told so by the next click.
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of regions.keys()) {
        const fresh = page.getElementById(id);
        if (fresh) takeOver(id, fresh);
      }
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
