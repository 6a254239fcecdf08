
// Where the focus goes on the page that a form led to, or a button that is a link, so that the next Tab is at the first
// control of its content. Whoever sends or follows one leaves a mark, which the next page of the tab takes.
const formMark = (() => {
  const KEY = "form sent";
  const KEEP_MS = 60000;
  // Whoever uses a pointer needs no outline around what a script has put the focus on.
  let isByPointer = false;
  addEventListener("pointerdown", () => { isByPointer = true; }, true);
  addEventListener("keydown", () => {
    isByPointer = false;
    delete document.documentElement.dataset.byPointer;
  }, true);
  function leave() {
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ at: Date.now(), isByPointer }));
    } catch {
      // Nothing is kept where a browser keeps nothing.
    }
  }
  function take() {
    try {
      const sent = JSON.parse(sessionStorage.getItem(KEY));
      sessionStorage.removeItem(KEY);
      // A page that is loaded again, or gone back to, is not the answer.
      const isNew = performance.getEntriesByType("navigation")[0]?.type === "navigate";
      if (!sent || !isNew || Date.now() - sent.at > KEEP_MS) return false;
      if (sent.isByPointer) document.documentElement.dataset.byPointer = "yes";
      return true;
    } catch {
      return false;
    }
  }
  document.addEventListener("submit", (event) => { if (!event.defaultPrevented) leave(); });
  document.addEventListener("click", (event) => {
    const isElsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0;
    const link = event.target.closest("main :is(a.button, a.place):not([download])");
    if (link && !isElsewhere && !event.defaultPrevented) leave();
  });
  return { leave, take };
})();

{
  const isAnswer = formMark.take();
  const summary = document.getElementById("error-summary");
  const banner = document.querySelector("main > .banner:first-child");
  const field = document.querySelector("main [autofocus]");
  const focusOn = (place) => {
    place.tabIndex = -1;
    place.focus({ preventScroll: true });
  };

  // What a form did is told once. The focus tells it where it goes there: of a live region that is on a page from its
  // beginning many screen readers say nothing, and others say it beside the focus. So its role is taken away.
  function focusOnBanner() {
    banner.setAttribute("role", "group");
    const text = banner.querySelector("p");
    text.id ||= "banner-text";
    banner.setAttribute("aria-labelledby", text.id);
    focusOn(banner);
  }
  // Where a field waits for input the focus is there. What else is to know describes the field, and the announcer tells
  // it to those whose screen reader has read the field by then.
  function tellBanners() {
    const banners = [...document.querySelectorAll("main .banner[role=status]")];
    banners.forEach((one, number) => {
      one.removeAttribute("role");
      one.id ||= `banner-${number}`;
      const described = field.getAttribute("aria-describedby");
      field.setAttribute("aria-describedby", [one.id, described].filter(Boolean).join(" "));
    });
    const text = banners.map((one) => one.textContent.trim()).join(" ");
    if (text) setTimeout(() => announce(text), 500);
  }

  // A form that was refused says why at the top of its page, also where the address names another part of it.
  if (summary) summary.focus();
  else if (isAnswer && field) tellBanners();
  else if (isAnswer && banner) focusOnBanner();
  else if (isAnswer) {
    const named = location.hash && document.getElementById(location.hash.slice(1));
    const place = named || document.querySelector("main h1");
    if (place) focusOn(place);
  }

  // The address goes on without what was done, so that a reload does not tell it again.
  const address = new URL(location.href);
  const told = ["done", "replayed"].filter((name) => address.searchParams.has(name));
  if (told.length > 0) {
    for (const name of told) address.searchParams.delete(name);
    history.replaceState(history.state, "", address);
    const back = document.querySelector(".theme-form input[name=back]");
    if (back) back.value = address.pathname + address.search;
  }
}
