"use strict";
// How large the nucleus is that was clicked on: this helps to choose a minimum area.
const pointed = (() => {
  const byId = (id) => document.getElementById(id);

  // The area within an outline along the edges of pixels, without its holes.
  function areaWithin(outline) {
    const crossed = new Map(); // of each row of pixels the places where it is entered or left
    let [x, y, start] = [0, 0, 0];
    const down = (to) => {
      for (let row = Math.min(y, to); row < Math.max(y, to); row++)
        crossed.set(row, [...(crossed.get(row) ?? []), x]);
      y = to;
    };
    for (const [, step, numbers] of outline.matchAll(/([Mhvz])([-\d\s,]*)/g)) {
      const [first, second] = numbers.split(/[\s,]+/).filter(Boolean).map(Number);
      if (step === "M") [x, y, start] = [first, second, second];
      else if (step === "h") x += first;
      else down(step === "v" ? y + first : start);
    }
    const inRow = (places) =>
      places.sort((a, b) => a - b).reduce((sum, place, at) => sum + (at % 2 ? place : -place), 0);
    return [...crossed.values()].reduce((sum, places) => sum + inRow(places), 0);
  }

  function say(event) {
    const { left, top, width, height } = byId("stage").getBoundingClientRect();
    const place = [(event.clientX - left) / width, (event.clientY - top) / height];
    const { outline, view } = viewer.nucleusAt(...place);
    byId("pointed").textContent = outline
      ? `This nucleus: ${data.area(areaWithin(outline), view.pixel_size_um)}`
      : "";
  }

  const forget = () => (byId("pointed").textContent = "");
  const start = () => byId("stage").addEventListener("click", say);
  return { start, forget };
})();
