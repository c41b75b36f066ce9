"use strict";
// The sliders, buttons and switches beside the picture. They set settings, and show them.
const controls = (() => {
  const { made } = data;
  const byId = (id) => document.getElementById(id);
  const METHODS = [["unet", "network (UNet)"], ["threshold", "threshold"]];
  const FEW = 4; // so many values need no slider
  const sliders = {}; // of each: {fieldset, range, output, chips, ordinary: places in the list}

  const label = (value) => (typeof value === "string" ? data.pretty(value) : String(value));
  const said = (name, value) =>
    typeof value === "number" && (name === "area" || name === "diameter") ? `${value} pixels` : label(value);

  function chip(group, text, value, choose) {
    const input = made("input", "", { type: "radio", name: group, value });
    input.addEventListener("change", choose);
    const outer = made("label", "", { class: "chip" });
    outer.append(input, made("span", text));
    return outer;
  }

  const set = (name, place) => settings.set(choice.KEYS[name], choice.list(name)[place], "controls");

  function startSlider(name) {
    const fieldset = byId(`control-${name}`);
    const list = choice.list(name);
    const isWord = (value) => typeof value === "string" && !/\d/.test(value);
    const all = list.map((_, place) => place);
    const few = list.length <= FEW;
    const ordinary = few ? [] : all.filter((place) => !isWord(list[place]));
    if (ordinary.every((place) => typeof list[place] === "number"))
      ordinary.sort((a, b) => list[a] - list[b]);
    const range = fieldset.querySelector("input[type=range]");
    const output = fieldset.querySelector("output");
    const slider = { fieldset, range, output, ordinary, last: ordinary[0] };
    const chips = fieldset.querySelector(".chips");
    for (const place of few ? all : all.filter((place) => isWord(list[place])))
      chips.append(chip(name, said(name, list[place]), place, () => set(name, place)));
    if (chips.children.length && ordinary.length) {
      const other = name === "level" ? "a number" : "by hand";
      chips.prepend(chip(name, other, "slider", () => set(name, slider.last)));
    }
    range.closest(".slider").hidden = !ordinary.length;
    range.setAttribute("aria-label", fieldset.querySelector("legend").textContent);
    range.max = Math.max(0, ordinary.length - 1);
    range.min = 0;
    range.value = 0;
    range.addEventListener("input", () => set(name, ordinary[range.value]));
    sliders[name] = slider;
  }

  function showSlider(name) {
    const { fieldset, range, output, ordinary } = sliders[name];
    const place = choice.place(name);
    const at = ordinary.indexOf(place);
    const value = said(name, choice.value(name));
    if (at >= 0) {
      sliders[name].last = place;
      range.value = at;
      range.setAttribute("aria-valuetext", value);
    }
    range.classList.toggle("idle", at < 0);
    output.textContent = at < 0 ? "" : value;
    for (const input of fieldset.querySelectorAll(".chips input"))
      input.checked = input.value === (at >= 0 ? "slider" : String(place));
    const aside = fieldset.querySelector(".aside");
    aside.hidden = choice.isExact(name);
    const { value: meant, fault } = settings.about(choice.KEYS[name]);
    const why = fault || `The field below says ${label(meant)}, which was not computed`;
    aside.textContent = aside.hidden ? "" : `${why}. The picture shows ${value}.`;
  }

  function show() {
    const method = settings.get(choice.METHOD);
    for (const input of byId("control-method").querySelectorAll("input"))
      input.checked = input.value === method;
    for (const fieldset of document.querySelectorAll("[data-of]"))
      fieldset.hidden = fieldset.dataset.of !== method;
    byId("separate").checked = settings.get(choice.SEPARATE);
    byId("exclude").checked = settings.get(choice.EXCLUDE);
    for (const name of Object.keys(sliders)) showSlider(name);
  }

  function flip() {
    settings.set(choice.METHOD, choice.usesNetwork() ? "threshold" : "unet");
  }

  function start() {
    for (const [value, text] of METHODS)
      byId("control-method").querySelector(".chips").append(
        chip("method", text, value, () => settings.set(choice.METHOD, value, "controls")),
      );
    for (const name of Object.keys(choice.KEYS)) startSlider(name);
    for (const id of ["separate", "exclude"])
      byId(id).addEventListener("change", (event) =>
        settings.set(event.target.dataset.key, event.target.checked, "controls"),
      );
    byId("controls").addEventListener("submit", (event) => event.preventDefault());
  }

  return { start, show, flip };
})();
