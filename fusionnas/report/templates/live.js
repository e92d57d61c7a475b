// Asks for the page again and puts what is new in its place; sorting, filter and scroll stay.
(() => {
  const ask = async () => {
    try {
      const answer = await fetch("/", { cache: "no-store" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const parts = page.querySelectorAll("[data-live]");
      if (answer.ok && !parts.length) return location.reload(); // the finished report
      for (const part of parts) {
        const mine = document.querySelector(`[data-live="${part.dataset.live}"]`);
        if (mine && answer.ok && mine.innerHTML !== part.innerHTML) mine.innerHTML = part.innerHTML;
      }
      document.title = answer.ok ? page.title : document.title;
      document.querySelector("input[data-filter]")?.dispatchEvent(new Event("input"));
    } catch {
      document.querySelector('[data-live="state"]').textContent = "The server has ended; this page is the last that it told.";
    }
    setTimeout(ask, every);
  };
  setTimeout(ask, every);
})();
