"use strict";
// How large the objects of the picture are, before what is too small is left out.
const histogram = (() => {
  const svg = document.getElementById("histogram");
  const words = document.getElementById("sizes-words");
  const [LEFT, RIGHT, TOP, BOTTOM] = [34, 384, 18, 124]; // of the plot, in units of the viewBox
  const STEP = Math.SQRT2; // from a bin to the next one
  let views = [];
  const spans = [];

  function element(name, attributes, text = "") {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  }

  // One axis for all settings, so that bars don't jump when a slider moves.
  function spanOf(index) {
    if (!spans[index]) {
      const { threshold, unet } = views[index];
      const results = [...(threshold ?? []).flat(), ...(unet ?? []).flat(2)];
      const all = results.flatMap(({ sizes, areas }) => [
        ...sizes.flatMap(([low]) => [low, low * STEP]),
        ...areas.map(({ minimum_area_px: minimum }) => minimum),
      ]);
      const sizes = all.filter((size) => size >= 1);
      // Not in one call with all as arguments, of which there may be too many.
      spans[index] = sizes.reduce(([a, b], size) => [Math.min(a, size), Math.max(b, size)], [10, 100]);
    }
    return spans[index];
  }

  function ticks(low, high) {
    const steps = high / low > 300 ? [1] : [1, 2, 5];
    const found = [];
    for (let power = 10 ** Math.floor(Math.log10(low)); power <= high; power *= 10)
      for (const step of steps) if (step * power >= low && step * power <= high) found.push(step * power);
    return found;
  }

  function axis(x, span, factor, y, unit) {
    const [low, high] = span.map((size) => size * factor);
    const marks = ticks(low, high).flatMap((at) => {
      const place = x(at / factor);
      return [
        element("line", { x1: place, x2: place, y1: y, y2: y + 4, class: "tick" }),
        element("text", { x: place, y: y + 14, "text-anchor": "middle" }, data.number(at)),
      ];
    });
    return [...marks, element("text", { x: 2, y: y + 14 }, unit)];
  }

  function describe(sizes, minimum, tooSmall, pixelSize) {
    const total = sizes.reduce((sum, [, count]) => sum + count, 0);
    if (!total) return "No object was found with these settings.";
    let before = 0;
    const [middle] = sizes.find(([, count]) => (before += count) >= total / 2);
    const [from, to] = [sizes[0][0], sizes.at(-1)[0] * STEP];
    const typical = `${data.number(middle)} to ${data.area(middle * STEP, pixelSize)}`;
    const span = `${data.number(Math.max(1, from))} to ${data.number(to)} pixels`;
    const smaller = `${tooSmall} ${tooSmall === 1 ? "is" : "are"} smaller`;
    return (
      `${data.counted(total, "object", "objects")} of ${span}` +
      (total > 1 ? `, the middle one of ${typical}. ` : ". ") +
      `The minimum area, the line, is ${data.area(minimum, pixelSize)}: ${smaller}.`
    );
  }

  function update() {
    const view = views[viewer.index()];
    const result = choice.resultOf(view);
    svg.replaceChildren();
    if (!result) {
      words.textContent = "Not computed with these settings.";
      return;
    }
    const sizes = result.sizes.filter(([, count]) => count).sort((a, b) => a[0] - b[0]);
    const span = spanOf(viewer.index());
    const [low, high] = span.map(Math.log);
    const x = (size) => LEFT + ((Math.log(Math.max(size, span[0])) - low) / (high - low)) * (RIGHT - LEFT);
    const most = Math.max(1, ...sizes.map(([, count]) => count));
    const y = (count) => BOTTOM - (count / most) * (BOTTOM - TOP);
    const line = x(result.minimum);
    for (const [size, count] of sizes) {
      const [from, to] = [x(size), Math.max(x(size) + 1, x(size * STEP) - 1)];
      const bar = (left, right, kind) => {
        if (right <= left) return;
        const place = { x: left, y: y(count), width: right - left, height: BOTTOM - y(count) };
        svg.append(element("rect", { ...place, class: kind }));
      };
      bar(from, Math.min(to, line), "small-ones");
      bar(Math.max(from, line), to, "large-ones");
    }
    svg.append(
      element("line", { x1: LEFT, x2: RIGHT, y1: BOTTOM, y2: BOTTOM, class: "tick" }),
      element("text", { x: LEFT - 4, y: TOP + 4, "text-anchor": "end" }, String(most)),
      element("text", { x: LEFT - 4, y: BOTTOM, "text-anchor": "end" }, "0"),
      ...axis(x, span, 1, BOTTOM, "px"),
    );
    if (view.pixel_size_um) svg.append(...axis(x, span, view.pixel_size_um ** 2, BOTTOM + 22, "µm²"));
    const anchor = line > 320 ? "end" : line < 80 ? "start" : "middle";
    const place = { x: line, y: TOP - 8, "text-anchor": anchor, class: "minimum-text" };
    svg.append(
      element("line", { x1: line, x2: line, y1: TOP - 6, y2: BOTTOM, class: "minimum" }),
      element("text", place, "minimum area"),
    );
    words.textContent = describe(sizes, result.minimum, result.tooSmall, view.pixel_size_um);
  }

  return { start: (all) => (views = all), update };
})();
