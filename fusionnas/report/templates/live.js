// Asks for the page again and puts what is new in its place. Sorting, filter, scroll and numbers that
// are opened stay. It begins before page.js changes the parts that the server has sent.
(() => {
  const sent = new Map(); // the HTML of each part as it came from the server
  for (const part of document.querySelectorAll("[data-live]")) sent.set(part.dataset.live, part.innerHTML);
  const renew = (part, html) => {
    const opened = new Map(); // how far the numbers of a figure are scrolled
    for (const fold of part.querySelectorAll("figure details[open]"))
      opened.set(fold.closest("figure").id, fold.querySelector(".scroll").scrollTop);
    part.innerHTML = html;
    for (const fold of part.querySelectorAll("figure details")) {
      const top = opened.get(fold.closest("figure").id);
      fold.open = top !== undefined;
      if (fold.open) fold.querySelector(".scroll").scrollTop = top;
    }
    part.dispatchEvent(new Event("renewed", { bubbles: true }));
  };
  const ask = async () => {
    try {
      const answer = await fetch("/", { cache: "no-store" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const parts = page.querySelectorAll("[data-live]");
      if (answer.ok && !parts.length) return location.reload(); // the finished report
      for (const part of parts) {
        const name = part.dataset.live, html = part.innerHTML;
        const mine = document.querySelector(`[data-live="${name}"]`);
        if (!mine || sent.get(name) === html) continue;
        sent.set(name, html);
        renew(mine, html);
      }
      document.title = answer.ok ? page.title : document.title;
    } catch {
      document.querySelector('[data-live="state"]').textContent = "The server has ended; this page is the last that it told.";
      sent.delete("state"); // to be said again when there is a server again
    }
    setTimeout(ask, every);
  };
  setTimeout(ask, every);
})();
