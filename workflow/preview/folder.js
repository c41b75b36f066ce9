"use strict";
// The table of what was found in the input folder.
const folder = (() => {
  const { made } = data;
  const byId = (id) => document.getElementById(id);
  const MOST_AT_ONCE = 20; // names of files left alone; more are folded

  const listed = (values) => [...new Set(values ?? [])].join(", ");
  function size(bytes) {
    const [unit, name] = bytes >= 1e9 ? [1e9, "GB"] : bytes >= 1e6 ? [1e6, "MB"] : [1e3, "kB"];
    return `${data.number(bytes / unit)} ${name}`;
  }
  const frame = ({ width_px: widths, height_px: heights }) =>
    listed((widths ?? []).map((width, at) => `${width} × ${heights?.[at]}`));
  const maybe = (value, unit) => (value ? `${data.number(value)} ${unit}` : "not known");
  const channels = ({ channels: all, nuclear_channel: nuclear }) =>
    (all ?? []).map((name) => (name === nuclear ? `${name} (nuclei)` : name)).join(", ");

  function status(file) {
    return file.status === "ok" && file.shown ? "ok, shown above" : file.status;
  }
  const notes = (file) => [file.reason, ...(file.notes ?? [])].filter(Boolean).join("; ");
  const bytes = (file) => (file.bytes === undefined || file.bytes === null ? "" : size(file.bytes));

  // Heading, whether it is a number, what stands there, and whether files that are skipped have it.
  const COLUMNS = [
    ["image", false, (file) => file.image, true],
    ["file", false, (file) => file.file, true],
    ["status", false, status, true],
    ["why, and notes", false, notes, true],
    ["channels", false, channels, false],
    ["scenes", true, (file) => file.scenes, false],
    ["frames", true, (file) => file.frames, false],
    ["planes", true, (file) => file.z_planes, false],
    ["frame, pixels", true, frame, false],
    ["a pixel", true, (file) => maybe(file.pixel_size_um, "µm"), false],
    ["magnification", true, (file) => maybe(file.magnification, "×"), false],
    ["interval", true, (file) => (file.frames > 1 ? maybe(file.interval_s, "s") : ""), false],
    ["pixels are", false, (file) => file.pixel_type, false],
    ["size", true, bytes, true],
  ];

  function row(file) {
    const line = made("tr", "", file.status === "ok" ? {} : { class: "skipped" });
    for (const [, isNumber, read, always] of COLUMNS) {
      const known = always || file.status === "ok" || (file.channels ?? []).length;
      const text = known ? String(read(file) ?? "") : "";
      const kind = isNumber ? "n" : text.length > 30 ? "long" : "";
      line.append(made("td", text, kind ? { class: kind } : {}));
    }
    return line;
  }

  function summary({ files, left_alone: alone }) {
    const skipped = files.filter((file) => file.status !== "ok").length;
    const said = [`${data.counted(files.length, "image", "images")} in the folder`];
    if (skipped) said.push(`${skipped} of them would be skipped, for the reasons in the table`);
    const others = Object.keys(alone).length;
    if (others) said.push(`${data.counted(others, "other file is", "other files are")} left alone`);
    return `${said.join("; ")}.`;
  }

  // The input folder stands above the table.
  function within(folder, path) {
    const start = folder.endsWith("/") ? folder : `${folder}/`;
    return path.startsWith(start) ? path.slice(start.length) : path;
  }

  function start(found) {
    byId("files-words").textContent = `${found.input_folder}: ${summary(found)}`;
    const [head, body] = [byId("files-table").tHead.rows[0], byId("files-table").tBodies[0]];
    for (const [name, isNumber] of COLUMNS)
      head.append(made("th", name, { scope: "col", class: isNumber ? "n" : "" }));
    // Those that need a look come first.
    const ordered = [...found.files].sort((a, b) => (a.status === "ok") - (b.status === "ok"));
    for (const file of ordered)
      body.append(row({ ...file, file: within(found.input_folder, file.file) }));
    const alone = Object.entries(found.left_alone);
    byId("left-alone").hidden = !alone.length;
    byId("left-alone").open = alone.length <= MOST_AT_ONCE;
    byId("left-alone").querySelector("summary").textContent = `Left alone: ${alone.length}`;
    const reasons = new Map();
    for (const [path, why] of alone) reasons.set(why, [...(reasons.get(why) ?? []), path]);
    const items = [...reasons].map(([why, paths]) => made("li", `${why}: ${paths.join(", ")}`));
    byId("left-alone").querySelector("ul").append(...items);
  }

  return { start };
})();
