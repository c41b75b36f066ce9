"use strict";
// Which of the settings that were computed is shown: places in lists of the page's data.
const choice = (() => {
  const KEYS = {
    level: "segmentation.threshold.level",
    probability: "segmentation.unet.probability",
    diameter: "segmentation.unet.nucleus_diameter",
    area: "segmentation.minimum_area",
  };
  const METHOD = "segmentation.method";
  const SEPARATE = "segmentation.separate_touching";
  const EXCLUDE = "segmentation.exclude_border";
  const lists = {}; // for each of KEYS the values that were computed
  const places = {}; // and which of them is shown
  const matches = {}; // and whether it is what the settings say

  function start(options) {
    Object.assign(lists, {
      level: options.levels,
      probability: options.probabilities,
      diameter: options.diameters,
      area: options.minimum_areas,
    });
    for (const name of Object.keys(KEYS)) {
      places[name] = 0;
      follow(name);
    }
  }

  const alike = (value) => (typeof value === "string" ? data.pretty(value).replace(/\s/g, "") : value);

  // A value as a number and its unit, such as "px" or "µm²"; undefined of words.
  function measure(value) {
    if (typeof value === "number") return [value, "px"];
    const found = /^([\d.]+(?:e[-+]?\d+)?)(\D+)$/i.exec(alike(value) ?? "");
    return found ? [Number(found[1]), found[2]] : undefined;
  }

  // How far a value that was computed is from another one of the same unit. 0 has any unit, so it
  // is near nothing.
  function distance(computed, [wanted, unit]) {
    const [number, its] = measure(computed) ?? [];
    return number > 0 && its === unit ? Math.abs(number - wanted) : Infinity;
  }

  // Take what the settings say, or else the nearest that there is.
  function follow(name) {
    const list = lists[name];
    const { value, fault } = settings.about(KEYS[name]);
    const exact = fault ? -1 : list.findIndex((each) => alike(each) === alike(value));
    matches[name] = exact >= 0;
    if (exact >= 0) places[name] = exact;
    else if (!fault && measure(value)) {
      const far = list.map((each) => distance(each, measure(value)));
      const nearest = Math.min(...far);
      if (nearest < Infinity) places[name] = far.indexOf(nearest);
    }
  }

  const usesNetwork = () => settings.get(METHOD) === "unet";

  // What was computed of a view with the settings shown; undefined if it wasn't.
  function resultOf(view) {
    const of = usesNetwork()
      ? view.unet?.[places.diameter]?.[places.probability]
      : view.threshold?.[places.level];
    const result = of?.[settings.get(SEPARATE) ? 1 : 0];
    if (!result) return undefined;
    const found = result.areas[places.area];
    const { nuclei, at_edge: edge } = found;
    const excludes = settings.get(EXCLUDE);
    return {
      kept: excludes ? nuclei : [...nuclei, ...edge],
      dropped: excludes ? edge : [],
      edge,
      tooSmall: found.too_small,
      minimum: found.minimum_area_px,
      sizes: result.sizes,
    };
  }

  return {
    start, follow, resultOf, usesNetwork, KEYS, METHOD, SEPARATE, EXCLUDE,
    list: (name) => lists[name],
    place: (name) => places[name],
    value: (name) => lists[name][places[name]],
    isExact: (name) => matches[name],
  };
})();
