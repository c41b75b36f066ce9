"use strict";
// All pictures in a table, with their counts at the settings shown: a click shows one large.
const viewsTable = (() => {
  const { made } = data;
  const body = document.getElementById("views-rows");
  let views = [];

  function row(view, index) {
    const line = made("tr");
    const head = made("th", "", { scope: "row" });
    const button = made("button", "", { type: "button", class: "view" });
    const small = made("img", "", { src: view.picture, alt: "" });
    button.append(small, made("span", viewer.nameOf(view)));
    button.addEventListener("click", () => show(index));
    button.title = viewer.nameOf(view);
    head.append(button);
    line.append(head, ...Array.from({ length: 4 }, () => made("td", "", { class: "n" })));
    return line;
  }

  function cellsOf(view, { kept, edge, tooSmall, minimum }) {
    const nuclei = `${kept.length}${view.whole ? "" : " in a region"}`;
    return [nuclei, edge.length, tooSmall, data.area(minimum, view.pixel_size_um)];
  }

  function update() {
    views.forEach((view, index) => {
      const result = choice.resultOf(view);
      const cells = [...body.rows[index].cells].slice(1);
      const texts = result ? cellsOf(view, result) : ["–", "–", "–", "–"];
      cells.forEach((cell, at) => (cell.textContent = texts[at]));
    });
  }

  function show(index) {
    viewer.select(index);
    [...body.rows].forEach((line, at) => {
      const chosen = at === viewer.index();
      line.classList.toggle("chosen", chosen);
      line.querySelector("button").setAttribute("aria-pressed", chosen);
    });
    histogram.update();
    pointed.forget();
  }

  function start(all) {
    views = all;
    body.replaceChildren(...views.map(row));
    update();
  }

  return { start, update, show };
})();
