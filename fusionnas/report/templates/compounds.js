// The test compounds: a picture and a table of the same rows, a filter, and what is chosen.
(() => {
  const data = JSON.parse(document.getElementById("compounds-data").textContent);
  const panel = document.getElementById("compounds");
  const canvas = panel.querySelector("canvas");
  const body = panel.querySelector("tbody");
  const heads = [...panel.querySelectorAll("th")];
  const told = panel.querySelector(".chosen-compound");
  const field = panel.querySelector("input");
  const counted = panel.querySelector("[data-count]");
  const MOST = 200; // rows of the table
  const unit = data.unit ? ` ${data.unit}` : "";
  const number = (x) => Math.round(x).toLocaleString("en");
  const show = (x) => (x === 0 ? "0" : Number(x.toPrecision(4)).toString());
  const rows = data.formulas.map((formula, i) => ({
    i, formula, target: data.target[i], value: data.value[i],
    error: data.value[i] - data.target[i], elements: new Set(data.elements[i].split(" ")),
    weight: i < data.whole ? 1 : data.weight, // test compounds that it stands for
  }));
  const known = new Set(rows.flatMap((row) => [...row.elements]));
  let shown = rows, chosen = null, sorted = "error", down = true;

  const wanted = () => {
    const words = field.value.trim().split(/[\s,]+/).filter(Boolean);
    return rows.filter((row) => words.every((word) => known.has(word)
      ? row.elements.has(word) : row.formula.toLowerCase().includes(word.toLowerCase())));
  };
  const order = (a, b) => {
    const value = (row) => (sorted === "error" ? Math.abs(row.error) : row[sorted]);
    const [x, y] = [value(a), value(b)];
    return (down ? -1 : 1) * (typeof x === "string" ? x.localeCompare(y) : x - y);
  };
  const choose = (row) => {
    chosen = row;
    const lines = [
      `${row.formula}: predicted ${show(row.value)}${unit}, true ${show(row.target)}${unit}, error ${show(row.error)}${unit}`,
      `uncertainty that is stated: ${show(data.stated[row.i])}${unit}`,
    ];
    const near = data.near[row.i];
    if (!near && data.known.length) lines.push("its nearest training compounds are not on this page");
    if (near?.length) lines.push("nearest training compounds: " + near.map(([at, distance]) =>
      `${data.known[at][0]} (${show(data.known[at][1])}${unit}, distance ${show(distance)})`).join(", "));
    told.textContent = lines.join("\n");
    draw();
    list();
  };
  const list = () => {
    body.replaceChildren(...[...shown].sort(order).slice(0, MOST).map((row) => {
      const line = document.createElement("tr");
      line.className = row === chosen ? "chosen" : "";
      [row.formula, show(row.target), show(row.value), show(row.error)].forEach((text, place) => {
        const cell = line.insertCell();
        cell.textContent = text;
        if (place === 0) cell.className = "text";
      });
      line.addEventListener("click", () => choose(row));
      return line;
    }));
    const count = shown.reduce((sum, row) => sum + row.weight, 0);
    const mean = shown.reduce((sum, row) => sum + row.weight * Math.abs(row.error), 0) / count;
    const about = data.of > rows.length ? "about " : "";
    counted.textContent = !shown.length ? "no compound"
      : `${about}${number(count)} compound${count === 1 ? "" : "s"}, mean |error| ${about}${show(mean)}${unit}`
        + (count > body.rows.length ? `; the table shows ${number(body.rows.length)} of them` : "");
  };
  let places = [];
  const draw = () => {
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(`--${name}`).trim();
    const ratio = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const ink = canvas.getContext("2d");
    ink.scale(ratio, ratio);
    ink.font = "12px system-ui, sans-serif";
    const box = { left: 52, right: width - 8, top: 18, bottom: height - 30 };
    const values = rows.map((row) => row.value), errors = rows.map((row) => row.error);
    const ends = (list, zero) => {
      const [low, high] = [Math.min(...list, ...zero), Math.max(...list, ...zero)];
      const room = 0.04 * (high - low) || 1;
      return [low - room, high + room];
    };
    const [x0, x1] = ends(values, []), [y0, y1] = ends(errors, [0]);
    const x = (v) => box.left + ((v - x0) / (x1 - x0)) * (box.right - box.left);
    const y = (v) => box.bottom - ((v - y0) / (y1 - y0)) * (box.bottom - box.top);
    const ticks = (low, high) => {
      const raw = (high - low) / 8, ten = 10 ** Math.floor(Math.log10(raw));
      const step = [1, 2, 5, 10].map((m) => m * ten).find((s) => s >= raw);
      const found = [];
      for (let at = Math.ceil(low / step) * step; at <= high; at += step) found.push(Math.abs(at) < step / 1e6 ? 0 : at);
      return found;
    };
    ink.fillStyle = color("tick");
    ink.strokeStyle = color("grid");
    for (const at of ticks(x0, x1)) { ink.textAlign = "center"; ink.fillText(show(at), x(at), box.bottom + 14); }
    for (const at of ticks(y0, y1)) {
      ink.textAlign = "right";
      ink.fillText(show(at), box.left - 6, y(at) + 4);
      ink.beginPath(); ink.moveTo(box.left, y(at)); ink.lineTo(box.right, y(at)); ink.stroke();
    }
    ink.textAlign = "right";
    ink.fillText(`prediction${data.unit ? ` (${data.unit})` : ""}`, box.right, height - 3);
    ink.textAlign = "left";
    ink.fillText(`prediction − true${data.unit ? ` (${data.unit})` : ""}`, 4, 11);
    ink.strokeStyle = color("axis");
    ink.beginPath(); ink.moveTo(box.left, y(0)); ink.lineTo(box.right, y(0)); ink.stroke();
    const some = new Set(shown);
    places = [];
    const dot = (row, fill, size) => {
      ink.fillStyle = fill;
      ink.beginPath(); ink.arc(x(row.value), y(row.error), size, 0, 2 * Math.PI); ink.fill();
    };
    for (const row of rows) if (!some.has(row)) dot(row, color("faint"), 2);
    for (const row of shown) {
      dot(row, color("global"), 3);
      places.push([x(row.value), y(row.error), row]);
    }
    if (chosen) dot(chosen, color("best"), 6);
  };
  const nearest = (event) => {
    const corner = canvas.getBoundingClientRect();
    const [px, py] = [event.clientX - corner.left, event.clientY - corner.top];
    let best = null, least = 20 ** 2;
    for (const [x, y, row] of places) {
      const apart = (x - px) ** 2 + (y - py) ** 2;
      if (apart < least) [least, best] = [apart, row];
    }
    return best;
  };
  canvas.addEventListener("click", (event) => { const row = nearest(event); if (row) choose(row); });
  canvas.addEventListener("pointermove", (event) => { canvas.title = nearest(event)?.formula ?? ""; });
  field.addEventListener("input", () => { shown = wanted(); draw(); list(); });
  for (const head of heads) {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      down = sorted === head.dataset.key ? !down : head.dataset.key !== "formula";
      sorted = head.dataset.key;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      list();
    });
  }
  new ResizeObserver(draw).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  list();
})();
