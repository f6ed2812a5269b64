
"use strict";
(() => {
  const body = document.getElementById("rows");
  if (!body) return;
  const rows = Array.from(body.children);
  const form = document.getElementById("controls");
  const words = document.getElementById("words");
  const rule = document.getElementById("rule");
  const boxes = Array.from(form.querySelectorAll("[name=severity]"));
  const texts = new Map();

  const text = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };

  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const severities = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const row of rows) {
      const matches = severities.has(row.dataset.severity)
        && (!rule.value || row.dataset.rule === rule.value)
        && wanted.every((word) => text(row).includes(word));
      if (row.hidden === matches) row.hidden = !matches;
      shown += matches;
    }
    document.getElementById("shown").value = shown === rows.length
      ? `${shown} findings` : `${shown} of ${rows.length} findings`;
    document.getElementById("nothing").hidden = shown > 0;
  };

  const reset = () => {
    form.reset();
    filter();
  };

  const ranks = { error: 0, warning: 1, note: 2 };
  const number = (value) => value === "" ? Infinity : Number(value);
  const keys = {
    severity: (row) => ranks[row.dataset.severity],
    where: (row) => row.children[1].textContent,
    rule: (row) => row.dataset.rule,
    ends: (row) => number(row.dataset.ends),
    affects: (row) => Number(row.dataset.affects),
  };
  const heads = Array.from(document.querySelectorAll("[data-sort]"));

  const sort = (head) => {
    const now = head.getAttribute("aria-sort");
    const falls = now ? now === "ascending" : head.dataset.sort === "affects";
    heads.forEach((each) => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", falls ? "descending" : "ascending");
    const pairs = rows.map((row) => [keys[head.dataset.sort](row), row]);
    pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (falls ? -1 : 1));
    const fragment = document.createDocumentFragment();
    for (const [, row] of pairs) fragment.append(row);
    body.append(fragment);
  };

  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(head));
    head.replaceChildren(button);
  }
  for (const name of [...new Set(rows.map((row) => row.dataset.rule))].sort()) {
    rule.append(new Option(name, name));
  }

  // a link to a finding leads to it, whatever is filtered away
  const follow = () => {
    const row = location.hash.startsWith("#f-") && document.getElementById(location.hash.slice(1));
    if (!row) return;
    if (row.hidden) reset();
    row.querySelector("details").open = true;
    row.scrollIntoView({ block: "center" });
  };

  let pause = 0;
  words.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(filter, 120);
  });
  form.addEventListener("change", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("reset").addEventListener("click", reset);
  addEventListener("hashchange", follow);
  form.hidden = false;
  filter();
  follow();
})();
