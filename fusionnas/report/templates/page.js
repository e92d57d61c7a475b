// Nothing on the page needs this: it adds what a pointer can ask for.
(() => {
  const tip = document.getElementById("tip");
  const light = (trial, on) => {
    for (const item of document.querySelectorAll(`[data-trial="${trial}"]`)) {
      item.classList.toggle("lit", on);
      if (item.closest(".parallel")) item.ownerSVGElement.classList.toggle("choosing", on);
    }
  };
  const place = (event) => {
    const box = tip.getBoundingClientRect();
    const right = Math.min(event.clientX + 14, innerWidth - box.width - 8);
    const above = event.clientY - box.height - 12;
    tip.style.left = `${Math.max(8, right)}px`;
    tip.style.top = `${above > 4 ? above : event.clientY + 18}px`;
  };
  const prepare = (part) => {
    for (const mark of part.querySelectorAll(".mark")) {
      const title = mark.querySelector("title");
      mark.setAttribute("aria-label", title.textContent);
      title.remove(); // instead of the browser's own, slower tip
      const curve = mark.querySelector(":scope > path");
      if (curve && mark.closest(".parallel")) { // a thin line is hard to hit
        const wide = curve.cloneNode();
        wide.removeAttribute("id");
        wide.setAttribute("style", "fill: none; stroke: transparent; stroke-width: 9");
        mark.append(wide);
      }
    }
  };
  prepare(document);
  // listeners of the whole page, since a live page puts new marks and rows in place of the old
  let aimed = null; // the mark or the row of a trial under the pointer
  const aim = (next) => {
    if (next === aimed) return;
    if (aimed?.dataset.trial) light(aimed.dataset.trial, false);
    aimed = next;
    tip.hidden = !aimed?.matches(".mark");
    if (!tip.hidden) tip.textContent = aimed.getAttribute("aria-label");
    if (aimed?.dataset.trial) light(aimed.dataset.trial, true);
  };
  const follow = (event) => { if (!tip.hidden) place(event); };
  document.addEventListener("pointerover", (event) => {
    aim(event.target.closest(".mark, tr[data-trial]"));
    follow(event);
  });
  document.addEventListener("pointermove", follow);
  document.documentElement.addEventListener("pointerleave", () => aim(null));
  // sorted by the column whose heading says so
  const sort = (table) => {
    const heads = [...table.tHead.rows[0].cells];
    const column = heads.findIndex((head) => head.hasAttribute("aria-sort"));
    if (column < 0) return;
    const down = heads[column].getAttribute("aria-sort") === "descending";
    const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === "" || y === "") return (x === "") - (y === ""); // what is not there stays last
      const order = x - y || x.localeCompare(y);
      return down ? -order : order;
    });
    table.tBodies[0].append(...rows);
  };
  const tables = document.querySelectorAll("table.sortable");
  for (const table of tables) {
    const heads = [...table.tHead.rows[0].cells];
    for (const head of heads) {
      const button = document.createElement("button");
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        sort(table);
      });
    }
  }
  // a filter leaves the rows that hold every word; `data-filter` names the table
  const filter = (field) => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of document.getElementById(field.dataset.filter).tBodies[0].rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  };
  const fields = document.querySelectorAll('input[data-filter]:not([data-filter=""])');
  for (const field of fields) field.addEventListener("input", () => filter(field));
  // a part of a live page has new contents
  document.addEventListener("renewed", (event) => {
    if (aimed && !aimed.isConnected) aim(null);
    prepare(event.target);
    tables.forEach(sort);
    fields.forEach(filter);
  });
  // what is folded is opened by a link into it, and for print
  const fold = document.getElementById("curious");
  const reveal = () => {
    const aim = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (aim && fold?.contains(aim) && !fold.open) {
      fold.open = true;
      aim.scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  reveal();
  addEventListener("beforeprint", () => { if (fold) fold.open = true; });
  // the table of contents marks the section that is read
  const links = new Map();
  for (const link of document.querySelectorAll("nav a")) links.set(link.hash.slice(1), link);
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.classList.remove("here");
      links.get(entry.target.id)?.classList.add("here");
    }
  }, { rootMargin: "-10% 0px -75% 0px" });
  for (const part of document.querySelectorAll("main section[id]")) watcher.observe(part);
})();
