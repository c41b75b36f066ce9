"use strict";
// The plot of nuclei, made by plotly.js once its section comes near, and the nucleus chosen in it.
(() => {
  const byId = (id) => document.getElementById(id);
  const section = byId("explore");
  if (!section) return;

  // Those of the plots that are files, in their order: conditions have the same ones here as there.
  const PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"];
  const MOST_NAMED = 20; // longer legends hide the plot
  const MOST_VIOLINS = 40;
  const BOX = 240; // pixels of the crop's sides
  const unpack = async (id) => {
    const bytes = Uint8Array.from(atob(byId(id).textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  };

  let data; // as report/explorer.py gives it
  let rows = 0;
  let chosen = -1;
  const cache = new Map();

  const has = (name) => name in data.columns;
  function text(name, row) {
    const column = data.columns[name];
    return column.levels ? column.levels[column.codes[row]] : column.values[row];
  }
  function numbers(name) {
    if (!cache.has(name)) {
      const read = (_, row) => (text(name, row) === "" ? NaN : Number(text(name, row)));
      cache.set(name, Float64Array.from({ length: rows }, read));
    }
    return cache.get(name);
  }

  // Column names in a reader's words, with their units.
  const ENDS = [
    ["_background_corrected_sum", " sum without background"],
    ["_perinuclear_sum", " sum in the ring"],
    ["_saturated_px", " saturated pixels"],
    ["_positive", " positive"],
    ["_sum", " sum"],
    ["_mean", " mean"],
    ["_um2", " (µm²)"],
    ["_px", " (px)"],
    ["_s", " (s)"],
  ];
  function words(name) {
    const end = ENDS.find(([end]) => name.endsWith(end));
    return end ? name.slice(0, -end[0].length) + end[1] : name;
  }

  function fill(select, names, wanted, label = (name) => name) {
    select.replaceChildren(...names.map((name) => new Option(label(name), name)));
    if (names.includes(wanted)) select.value = wanted;
  }

  // The rows of each group by which nuclei are coloured.
  function groups() {
    const name = byId("explore-colour").value;
    const all = Array.from({ length: rows }, (_, row) => row);
    if (!name) return [["all nuclei", all]];
    const { levels, codes } = data.columns[name];
    const found = levels.map((level) => [level === "" ? "(blank)" : level, []]);
    for (const row of all) found[codes[row]][1].push(row);
    return found;
  }

  function plain(name) {
    // plotly.js takes some tags and entities for markup.
    return name.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  }

  function traces() {
    const [x, y] = [byId("explore-x").value, byId("explore-y").value];
    const found = groups();
    if (byId("explore-kind").value === "spread") {
      const some = found.length > MOST_VIOLINS ? [["all nuclei", found.flatMap(([, of]) => of)]] : found;
      return some.map(([name, of], n) => ({
        type: "violin",
        name: plain(name),
        y: of.map((row) => numbers(y)[row]),
        customdata: of,
        points: of.length <= 500 ? "all" : false,
        box: { visible: true },
        meanline: { visible: true },
        marker: { color: PALETTE[n % PALETTE.length], size: 4 },
        hoveron: "points+violins",
      }));
    }
    return found.map(([name, of], n) => ({
      type: "scatter",
      mode: "markers",
      name: plain(name),
      x: of.map((row) => numbers(x)[row]),
      y: of.map((row) => numbers(y)[row]),
      customdata: of,
      text: of.map((row) => plain(called(row))),
      hovertemplate: "%{text}<br>%{x}, %{y}<extra></extra>",
      marker: { color: PALETTE[n % PALETTE.length], size: rows > 3000 ? 4 : 7, opacity: 0.7 },
    }));
  }

  // A frame around the chosen point. As an annotation: a point of its own would have all drawn
  // anew, and shapes that are measured in pixels are misplaced on logarithmic axes.
  function marks() {
    const points = byId("explore-kind").value === "points";
    if (chosen < 0 || !points) return [];
    const at = (axis) => {
      const value = numbers(byId(`explore-${axis}`).value)[chosen];
      return byId(`explore-log-${axis}`).checked ? Math.log10(value) : value;
    };
    const [x, y] = [at("x"), at("y")];
    const look = { text: " ", width: 12, height: 12, borderwidth: 2, bordercolor: "#000" };
    return Number.isFinite(x + y) ? [{ x, y, showarrow: false, ...look }] : [];
  }

  function draw() {
    const points = byId("explore-kind").value === "points";
    for (const id of ["explore-x", "explore-log-x"]) byId(id).closest("label").hidden = !points;
    const axis = (name, log) => ({
      title: { text: plain(words(name)) },
      type: byId(log).checked ? "log" : "linear",
      automargin: true,
    });
    const made = traces();
    const layout = {
      height: 460,
      margin: { l: 60, r: 20, t: 20, b: 50 },
      showlegend: points && made.length > 1 && made.length <= MOST_NAMED,
      legend: { orientation: "h", y: -0.2 },
      hovermode: "closest",
      dragmode: "zoom",
      font: { color: "#1d2125" },
      paper_bgcolor: "#fff",
      plot_bgcolor: "#fff",
      // Groups such as 1, 10 and 100 are names and no places on an axis.
      xaxis: points ? axis(byId("explore-x").value, "explore-log-x") : { type: "category", automargin: true },
      yaxis: axis(byId("explore-y").value, "explore-log-y"),
      annotations: marks(),
    };
    const config = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] };
    return Plotly.react("explore-plot", made, layout, config);
  }

  const frameOf = (row) => (has("frame") ? Number(text("frame", row)) : 0);
  const sceneOf = (row) => (has("scene") ? Number(text("scene", row)) : 0);
  const scenesOf = (row) => data.scenes[text("image", row)] ?? 1;

  function called(row) {
    const scene = scenesOf(row) > 1 ? `, scene ${sceneOf(row)}` : "";
    const frame = frameOf(row) ? `, frame ${frameOf(row)}` : "";
    return `${text("image", row)}${scene}${frame}, nucleus ${text("nucleus_id", row)}`;
  }

  function pictureOf(row) {
    const image = text("image", row);
    const scene = scenesOf(row) > 1 ? `_s-${sceneOf(row)}` : "";
    const file = `${image}${scene}_color_t-${frameOf(row)}.png`;
    return `nuclei_area_verification/${encodeURIComponent(image)}/${encodeURIComponent(file)}`;
  }

  // Put a picture into the box so that a place in it, in shares of its size, is in the middle.
  function place(image, [x, y], [width, height], scale) {
    image.style.width = `${width * scale}px`;
    image.style.height = `${height * scale}px`;
    image.style.left = `${BOX / 2 - x * width * scale}px`;
    image.style.top = `${BOX / 2 - y * height * scale}px`;
  }

  function showCrop(row) {
    const box = byId("nucleus-crop");
    const note = byId("nucleus-note");
    const [width, height] = data.sizes[text("image", row)][sceneOf(row)];
    const at = [(Number(text("x_px", row)) + 0.5) / width, (Number(text("y_px", row)) + 0.5) / height];
    const picture = new Image();
    picture.alt = called(row);
    picture.addEventListener("load", () => {
      if (row !== chosen) return;
      const across = 2 * Math.sqrt(Number(text("area_px", row)) / Math.PI);
      place(picture, at, [width, height], BOX / (3 * across));
      box.replaceChildren(picture);
      note.textContent = "Cut from the picture of all channels; the nucleus is in the middle.";
    });
    picture.addEventListener("error", () => {
      if (row !== chosen) return;
      const index = data.pictures.findIndex(([i, s]) => i === text("image", row) && s === sceneOf(row));
      const small = byId(`picture-${index}`)?.querySelector("img[src^='data:']");
      if (!small) {
        box.replaceChildren();
        note.textContent = "The picture does not lie beside this page.";
        return;
      }
      const copy = new Image();
      copy.alt = `All of ${text("image", row)}`;
      copy.src = small.src;
      place(copy, [0.5, 0.5], [width, height], BOX / Math.max(width, height));
      const same = data.pictures[index][2] === frameOf(row);
      const dot = document.createElement("span");
      dot.className = "mark";
      const scale = BOX / Math.max(width, height);
      dot.style.left = `${BOX / 2 + (at[0] - 0.5) * width * scale}px`;
      dot.style.top = `${BOX / 2 + (at[1] - 0.5) * height * scale}px`;
      box.replaceChildren(copy, ...(same ? [dot] : []));
      note.textContent = same
        ? "The picture does not lie beside this page: this is all of it, small, with a ring where the nucleus is."
        : "The picture does not lie beside this page: this is the first frame of its image.";
    });
    box.replaceChildren();
    note.textContent = "";
    picture.src = pictureOf(row);
    byId("nucleus-link").href = pictureOf(row);
  }

  function choose(row) {
    if (row < 0 || row >= rows) return;
    chosen = row;
    const values = Object.keys(data.columns).map((name) => {
      const line = document.createElement("div");
      line.dataset.column = name;
      line.append(document.createElement("dt"), document.createElement("dd"));
      line.firstChild.textContent = name;
      line.lastChild.textContent = text(name, row);
      return line;
    });
    byId("nucleus-values").replaceChildren(...values);
    byId("nucleus").hidden = false;
    showCrop(row);
    if (byId("one-image").value !== text("image", row)) {
      byId("one-image").value = text("image", row);
      listNuclei();
    }
    byId("one-nucleus").value = String(row);
    byId("one-before").disabled = row === 0;
    byId("one-after").disabled = row === rows - 1;
    // The axes stay as they are; else they would make room for the frame.
    const still = { "xaxis.autorange": false, "yaxis.autorange": false };
    Plotly.relayout("explore-plot", { annotations: marks(), ...(marks().length ? still : {}) });
  }

  function listNuclei() {
    const { levels, codes } = data.columns.image;
    const code = levels.indexOf(byId("one-image").value);
    const options = [];
    for (let row = 0; row < rows; row++)
      if (codes[row] === code) options.push(new Option(called(row).slice(levels[code].length + 2), row));
    byId("one-nucleus").replaceChildren(...options);
  }

  // Images may have other channels: of the means the one that most nuclei have with the first one.
  function mostInCommon([first, ...others]) {
    const both = (name) => numbers(name).filter((mean, row) => mean + numbers(first)[row] >= 0).length;
    const best = others.reduce((a, b) => (a && both(a) >= both(b) ? a : b), undefined);
    return best && both(best) ? best : "area_px";
  }

  async function start() {
    if (!("DecompressionStream" in window)) throw new Error("This browser can't unpack the plot: use one from 2023 or later.");
    data = JSON.parse(await unpack("nuclei-data"));
    const script = document.createElement("script");
    script.textContent = await unpack("plotly-code");
    document.head.append(script);
    rows = data.columns.image.codes.length;
    const means = data.axes.filter((name) => name.endsWith("_mean"));
    fill(byId("explore-x"), data.axes, means[0] ?? "perimeter_px", words);
    fill(byId("explore-y"), data.axes, mostInCommon(means), words);
    const colours = ["", ...data.colours];
    fill(byId("explore-colour"), colours, data.condition ?? "", (name) => (name ? words(name) : "none"));
    fill(byId("one-image"), data.columns.image.levels, "");
    for (const id of ["explore-choices", "explore-one"]) byId(id).hidden = false;
    listNuclei();
    await draw();
    byId("explore-choices").addEventListener("change", draw);
    for (const id of ["explore-choices", "explore-one"])
      byId(id).addEventListener("submit", (event) => event.preventDefault());
    byId("explore-plot").on("plotly_click", (event) => {
      const row = event.points[0]?.customdata;
      if (Number.isInteger(row)) choose(row);
    });
    byId("one-image").addEventListener("change", () => {
      listNuclei();
      choose(Number(byId("one-nucleus").value));
    });
    byId("one-nucleus").addEventListener("change", () => choose(Number(byId("one-nucleus").value)));
    byId("one-before").addEventListener("click", () => choose(chosen - 1));
    byId("one-after").addEventListener("click", () => choose(chosen + 1));
    section.dataset.ready = "";
  }

  const near = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      near.disconnect();
      start().catch((error) => {
        byId("explore-fault").textContent = `The plot can't be shown. ${error.message}`;
        byId("explore-fault").hidden = false;
      });
    },
    { rootMargin: "300px" },
  );
  near.observe(section);
})();
