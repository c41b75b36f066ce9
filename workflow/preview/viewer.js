"use strict";
// One picture with the outlines of its nuclei, what is known of it, and how many they are.
const viewer = (() => {
  const byId = (id) => document.getElementById(id);
  const NUCLEUS = "#ffe14d";
  const EDGE = "#6cc6ff";
  const CASING = "rgb(0 0 0 / 0.75)";
  const MOST_PIXELS = 4096; // of the canvas's sides
  const ZOOMS = [1, 1.5, 2, 3, 4, 6, 8];
  let views = [];
  let index = 0;
  let zoom = 0;
  let contours = true;
  let shown = { kept: [], dropped: [] };
  const paths = []; // of each view: Path2D by the number of the contour, made when first drawn

  const view = () => views[index];

  function path(number) {
    const made = (paths[index] ??= []);
    return (made[number] ??= new Path2D(view().contours[number]));
  }

  function draw() {
    const canvas = byId("contours");
    const { width, height } = view();
    const across = byId("stage").clientWidth;
    const down = (across * height) / width;
    const sharp = Math.min(devicePixelRatio || 1, MOST_PIXELS / Math.max(across, down));
    canvas.width = Math.max(1, Math.round(across * sharp));
    canvas.height = Math.max(1, Math.round(down * sharp));
    const context = canvas.getContext("2d");
    if (!contours) return;
    const scale = canvas.width / width;
    context.setTransform(scale, 0, 0, canvas.height / height, 0, 0);
    context.lineJoin = "miter"; // quicker than round
    // As wide on the screen at any scale; where nuclei are tiny, thinner.
    const unit = (sharp / scale) * (across / width < 0.7 ? 0.8 : 1);
    const stroke = (numbers, colour, width, dash) => {
      context.strokeStyle = colour;
      context.lineWidth = width * unit;
      context.setLineDash(dash.map((part) => part * unit));
      for (const number of numbers) context.stroke(path(number));
    };
    stroke([...shown.kept, ...shown.dropped], CASING, 3.6, []);
    stroke(shown.kept, NUCLEUS, 1.6, []);
    stroke(shown.dropped, EDGE, 1.6, [5, 4]);
  }

  // 1, 2 or 5 times a power of ten, not longer than this.
  function roundLength(longest) {
    const power = 10 ** Math.floor(Math.log10(longest));
    return [5, 2, 1].find((step) => step * power <= longest) * power;
  }

  function showScale() {
    const { width, pixel_width_um: pixelSize } = view();
    const perPixel = byId("stage").clientWidth / width; // on the screen
    const unit = pixelSize || 1;
    const length = roundLength(((byId("frame").clientWidth * 0.25) / perPixel) * unit);
    byId("scale").children[0].textContent = `${data.number(length)} ${pixelSize ? "µm" : "pixels"}`;
    byId("scale").children[1].style.width = `${(length / unit) * perPixel}px`;
  }

  // Of a large frame several regions are shown: they are numbered.
  function nameOf(view) {
    const { image, scene, frame, scenes, frames } = view;
    const same = views.filter((v) => v.image === image && v.scene === scene && v.frame === frame);
    const region = same.length > 1 ? `, region ${same.indexOf(view) + 1}` : "";
    return (
      image + (scenes > 1 ? `, scene ${scene}` : "") + (frames > 1 ? `, frame ${frame}` : "") + region
    );
  }

  function describe(result) {
    const { pixel_size_um: size, magnification, channel, nucleus_diameter_px: diameter } = view();
    const about = [channel];
    if (magnification) about.push(`${data.number(magnification)}×`);
    about.push(size ? `a pixel is ${data.number(size)} µm` : "the size of a pixel is not known");
    if (choice.usesNetwork() && diameter)
      about.push(`typical nucleus found: ${data.length(diameter, size)} across`);
    if (result) about.push(`minimum area used: ${data.area(result.minimum, size)}`);
    byId("view-about").textContent = about.join(" · ");
  }

  function count(result) {
    const { whole } = view();
    byId("count").textContent = result
      ? `${whole ? "" : "In this region: "}${data.nuclei(result.kept.length)}`
      : "not computed with these settings";
    const others = [];
    const edge = settings.get(choice.EXCLUDE) ? "dropped at the edge" : "of them at the edge";
    if (result?.edge.length) others.push(`${result.edge.length} ${edge}`);
    if (result?.tooSmall) others.push(`${result.tooSmall} too small`);
    byId("count-others").textContent = others.join(", ");
    byId("viewer").dataset.count = result ? result.kept.length : "";
    byId("picture").alt = `${nameOf(view())} in grey; ${byId("count").textContent}, with outlines`;
    byId("legend-edge").hidden = !settings.get(choice.EXCLUDE);
  }

  // Show what the settings say now; this must be quick.
  function update() {
    const result = choice.resultOf(view());
    shown = result ?? { kept: [], dropped: [] };
    draw();
    describe(result);
    count(result);
    byId("viewer").dataset.method = settings.get(choice.METHOD);
    byId("flip").textContent = choice.usesNetwork() ? "Show the threshold" : "Show the network";
  }

  function layOut() {
    const stage = byId("stage");
    const { width, height } = view();
    for (const [name, value] of Object.entries({ w: width, h: height, zoom: ZOOMS[zoom] }))
      stage.style.setProperty(`--${name}`, value);
    byId("zoom-out").disabled = zoom === 0;
    byId("zoom-in").disabled = zoom === ZOOMS.length - 1;
  }

  function aboutRegion({ whole, width, height, left, top, ...frame }) {
    if (whole) return "";
    return (
      `This is a region of ${width} × ${height} pixels, from (${left}, ${top}) on, ` +
      `of a frame of ${frame.frame_width} × ${frame.frame_height} pixels. ` +
      "A run takes all of the frame, and chooses an automatic minimum area for it anew."
    );
  }

  function select(number) {
    index = (number + views.length) % views.length;
    byId("viewer").dataset.view = index;
    byId("view-name").textContent = nameOf(view());
    byId("picture").src = view().picture;
    byId("view-region").hidden = view().whole;
    byId("view-region").textContent = aboutRegion(view());
    layOut();
    update();
    showScale();
  }

  function zoomBy(step) {
    const frame = byId("frame");
    const middle = (frame.scrollLeft + frame.clientWidth / 2) / frame.scrollWidth;
    const centre = (frame.scrollTop + frame.clientHeight / 2) / frame.scrollHeight;
    zoom = Math.min(ZOOMS.length - 1, Math.max(0, zoom + step));
    layOut();
    frame.scrollLeft = middle * frame.scrollWidth - frame.clientWidth / 2;
    frame.scrollTop = centre * frame.scrollHeight - frame.clientHeight / 2;
  }

  function toggleContours() {
    contours = !contours;
    byId("contours-on").setAttribute("aria-pressed", contours);
    draw();
  }

  function start(all) {
    views = all;
    byId("contours-on").addEventListener("click", toggleContours);
    byId("zoom-in").addEventListener("click", () => zoomBy(1));
    byId("zoom-out").addEventListener("click", () => zoomBy(-1));
    byId("brightness").addEventListener("input", (event) => {
      byId("picture").style.filter = `brightness(${2 ** event.target.value})`;
    });
    new ResizeObserver(() => {
      draw();
      showScale();
    }).observe(byId("stage"));
  }

  // The outline of a nucleus that is shown, at a place in shares of the picture's width and height.
  function nucleusAt(across, down) {
    const context = byId("contours").getContext("2d");
    const at = [across * context.canvas.width, down * context.canvas.height];
    const isThere = (number) => context.isPointInPath(path(number), ...at, "evenodd");
    const number = contours ? [...shown.kept, ...shown.dropped].find(isThere) : undefined;
    return { outline: view().contours[number], view: view() };
  }

  // The outlines that are drawn now.
  function drawn() {
    const pathsOf = (numbers) => (contours ? numbers.map((number) => view().contours[number]) : []);
    return { view: index, kept: pathsOf(shown.kept), edge: pathsOf(shown.dropped) };
  }

  return {
    start,
    select,
    update,
    nameOf,
    nucleusAt,
    toggleContours,
    zoomBy,
    index: () => index,
    shown: drawn,
  };
})();
