
// What is shown is old, and why: said at the top of the content and told once, until it is so no more.
const notice = (() => {
  // When what is shown was true.
  let since = new Date();
  let shown = null;
  const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

  function take() {
    const hadFocus = shown.box.contains(document.activeElement);
    shown.box.remove();
    shown = null;
    if (hadFocus) document.getElementById("main").focus({ preventScroll: true });
  }
  function put(why, again, ...more) {
    if (shown?.why === why) return;
    if (shown) take();
    const box = document.createElement("div");
    box.className = "banner banner-waiting";
    box.id = "notice";
    const line = document.createElement("p");
    line.append(`${why}: what is shown here is from ${clock.format(since)}.`, ...more);
    box.append(line);
    document.getElementById("main").prepend(box);
    shown = { why, again, box };
    announce(line.textContent);
  }
  return {
    tellSignedOut() {
      const link = document.createElement("a");
      link.href = `/sign-in?back=${encodeURIComponent(location.pathname + location.search)}`;
      link.textContent = "Sign in again";
      put("You are signed out", "You are signed in again", " ", link);
    },
    tellAway() {
      put("The server does not answer", "The server answers again");
    },
    isShown() {
      return shown !== null;
    },
    // What is shown is true now. Tells whether that was said not to be so.
    tellFresh() {
      since = new Date();
      if (!shown) return false;
      announce(`${shown.again}: what is shown here is up to date.`);
      take();
      return true;
    },
  };
})();
