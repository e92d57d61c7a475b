// Nothing on the page needs this: it adds what a pointer can ask for.
(() => {
  const tip = document.getElementById("tip");
  const ofTrial = new Map();
  for (const item of document.querySelectorAll("[data-trial]")) {
    const trial = item.dataset.trial;
    if (!ofTrial.has(trial)) ofTrial.set(trial, []);
    ofTrial.get(trial).push(item);
  }
  const light = (trial, on) => {
    for (const item of ofTrial.get(trial) ?? []) {
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
  for (const mark of document.querySelectorAll(".mark")) {
    const title = mark.querySelector("title");
    const words = title.textContent;
    title.remove(); // instead of the browser's own, slower tip
    mark.setAttribute("aria-label", words);
    const curve = mark.querySelector(":scope > path");
    if (curve && mark.closest(".parallel")) { // a thin line is hard to hit
      const wide = curve.cloneNode();
      wide.removeAttribute("id");
      wide.setAttribute("style", "fill: none; stroke: transparent; stroke-width: 9");
      mark.append(wide);
    }
    mark.addEventListener("pointerenter", (event) => {
      tip.textContent = words;
      tip.hidden = false;
      place(event);
      if (mark.dataset.trial) light(mark.dataset.trial, true);
    });
    mark.addEventListener("pointermove", place);
    mark.addEventListener("pointerleave", () => {
      tip.hidden = true;
      if (mark.dataset.trial) light(mark.dataset.trial, false);
    });
  }
  for (const row of document.querySelectorAll("tr[data-trial]")) {
    row.addEventListener("pointerenter", () => light(row.dataset.trial, true));
    row.addEventListener("pointerleave", () => light(row.dataset.trial, false));
  }
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
        const rows = [...table.tBodies[0].rows];
        rows.sort((a, b) => {
          const [x, y] = [value(a), value(b)];
          if (x === "" || y === "") return (x === "") - (y === ""); // what is not there stays last
          const order = x - y || x.localeCompare(y);
          return down ? -order : order;
        });
        table.tBodies[0].append(...rows);
      });
    });
  }
  // a filter leaves the rows that hold every word; `data-filter` names the table
  for (const field of document.querySelectorAll('input[data-filter]:not([data-filter=""])')) {
    const body = document.getElementById(field.dataset.filter).tBodies[0];
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of body.rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
      }
    });
  }
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
