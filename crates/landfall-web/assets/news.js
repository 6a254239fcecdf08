
// What came in, what became of it, and what holds it up is told once, by a live region that is no part of what is
// replaced: not each number in between, and not more often than people listen.
const news = (() => {
  const region = document.getElementById("news");
  const KEEP_MS = 60000, SETTLE_MS = 2000, PAUSE_MS = 30000;
  const key = `news of ${location.pathname}`;
  let told = null;
  let isHeard = false;

  function facts() {
    const found = document.querySelector("[data-news]");
    if (!found) return null;
    const { waiting, landed, rejected, ...texts } = found.dataset;
    return { waiting: Number(waiting), landed: Number(landed), rejected: Number(rejected), ...texts };
  }
  const known = ({ waiting, landed, rejected, held }) => ({ waiting, landed, rejected, held });
  const number = new Intl.NumberFormat("en");
  const rows = (many, more = "") => `${number.format(many)}${more} ${many === 1 ? "row" : "rows"}`;
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

  // Tells one kind of news, once it has settled. `text` is what to say, if there is something, and notes it as told.
  function teller(text) {
    let timer = 0;
    let spoken = -PAUSE_MS;
    function tell() {
      timer = 0;
      const now = facts();
      const said = now && text(now);
      if (!said) return;
      say(said);
      spoken = performance.now();
      keep();
    }
    return {
      isDue() {
        timer ||= setTimeout(tell, Math.max(SETTLE_MS, spoken + PAUSE_MS - performance.now()));
      },
      wasTold() {
        spoken = performance.now();
      },
    };
  }
  const loaded = teller((now) => {
    const landed = now.landed - told.landed, rejected = now.rejected - told.rejected;
    const said = [];
    if (landed > 0) said.push(`${rows(landed)} landed${now.place ? ` in ${now.place}` : ""}.`);
    if (rejected > 0) {
      said.push(`${rows(rejected)} ${rejected === 1 ? "was" : "were"} rejected${now.rejects ? `: ${now.rejects}` : ""}.`);
    }
    told.landed = now.landed;
    told.rejected = now.rejected;
    return said.join(" ");
  });
  const received = teller((now) => {
    const more = now.waiting - told.waiting;
    told.waiting = now.waiting;
    return more > 0 ? `${rows(more, " more")} received.` : "";
  });

  function look() {
    const now = isHeard && facts();
    if (!now) return;
    told ??= known(now);
    // A new day begins at nought.
    told.landed = Math.min(told.landed, now.landed);
    told.rejected = Math.min(told.rejected, now.rejected);
    const hasLoaded = now.landed > told.landed || now.rejected > told.rejected;
    if (told.waiting === 0 && now.waiting > 0 && !hasLoaded) {
      say(now.received);
      told.waiting = now.waiting;
      received.wasTold();
    } else if (now.waiting > 0 && now.held !== told.held) {
      say(now.turn);
    }
    told.held = now.held;
    told.waiting = Math.min(told.waiting, now.waiting);
    keep();
    if (hasLoaded) loaded.isDue();
    if (now.waiting > told.waiting) received.isDue();
  }
  try {
    const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
    if (kept && Date.now() - kept.at < KEEP_MS) told = known(kept);
  } catch {
    told = null;
  }
  if (region) {
    // What comes in from here on is news, even before anybody can be told.
    const now = facts();
    if (now) told ??= known(now);
    addEventListener("pagehide", keep);
    // Once the region is known to screen readers.
    setTimeout(() => {
      isHeard = true;
      look();
    }, 500);
  }
  return { look };
})();
