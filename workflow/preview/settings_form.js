"use strict";
// All settings as a form, made of the schema. Sliders and fields follow each other.
const settingsForm = (() => {
  const { made } = data;
  const byId = (id) => document.getElementById(id);
  const fields = new Map(); // name with dots: {outer, show, error}
  // Of boxes; it has no label of HTML's own kind.
  const isGroup = (input) => input.getAttribute("role") === "group";
  const idOf = (key) => `set-${key.replaceAll(".", "-")}`;

  // The words that a setting may be, as suggestions.
  const wordsOf = (schema) =>
    [schema, ...(schema.anyOf ?? [])].flatMap((part) => part.enum ?? (part.const ? [part.const] : []));

  function selectField(key, schema) {
    const input = made("select", "", { id: idOf(key) });
    input.append(...schema.enum.map((value) => new Option(value)));
    input.addEventListener("change", () => settings.set(key, input.value, input));
    return { input, show: (value) => (input.value = value) };
  }

  function switchField(key) {
    const input = made("input", "", { type: "checkbox", id: idOf(key) });
    input.addEventListener("change", () => settings.set(key, input.checked, input));
    return { input, show: (value) => (input.checked = value) };
  }

  function listField(key, schema) {
    const input = made("div", "", { class: "chips", id: idOf(key), role: "group" });
    const boxes = schema.items.enum.map((value) => {
      const box = made("input", "", { type: "checkbox", value });
      const outer = made("label", "", { class: "tick" });
      outer.append(box, made("span", value));
      input.append(outer);
      return box;
    });
    const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);
    input.addEventListener("change", () => settings.set(key, chosen(), input));
    const show = (value) => boxes.forEach((box) => (box.checked = value.includes(box.value)));
    return { input, show };
  }

  function textField(key, schema, suggestions) {
    const { types } = settings.about(key);
    const large = types.has("object") || types.has("array");
    const input = made(large ? "textarea" : "input", "", { id: idOf(key), spellcheck: "false" });
    input.autocomplete = "off";
    if (large) input.rows = 2;
    else input.type = "text";
    if (!types.has("string")) input.inputMode = "decimal";
    const words = [...new Set([...wordsOf(schema), ...suggestions])];
    const more = [];
    if (words.length && !large) {
      const list = made("datalist", "", { id: `${idOf(key)}-list` });
      for (const word of words)
        list.append(made("option", "", { value: yaml.writeField(word, types) }));
      input.setAttribute("list", list.id);
      more.push(list);
    }
    input.addEventListener("input", () => settings.setText(key, input.value, input));
    return { input, show: (value) => (input.value = yaml.writeField(value, types)), more };
  }

  function fieldOf(key, schema, suggestions) {
    if (schema.enum) return selectField(key, schema);
    if (schema.type === "boolean") return switchField(key);
    if (schema.type === "array" && schema.items?.enum) return listField(key, schema);
    return textField(key, schema, suggestions);
  }

  const said = (value) => (value === null || value === "" ? "nothing" : yaml.write(value));

  function makeField(key, name, schema, suggestions) {
    const id = idOf(key);
    const { input, show, more = [] } = fieldOf(key, schema, suggestions);
    const label = made(isGroup(input) ? "span" : "label", name, { class: "name", id: `${id}-name` });
    if (isGroup(input)) input.setAttribute("aria-labelledby", label.id);
    else label.htmlFor = id;
    const about = made("p", schema.description ?? "", { class: "about", id: `${id}-about` });
    const range = `Allowed: ${schema.allowed}. Default: ${said(schema.default)}.`;
    const allowed = made("p", range, { class: "small", id: `${id}-allowed` });
    const error = made("p", "", { class: "error", id: `${id}-error`, "aria-live": "polite" });
    input.setAttribute("aria-describedby", `${about.id} ${allowed.id} ${error.id}`);
    const outer = made("div", "", { class: "field", "data-key": key });
    outer.append(label, about, input, ...more, allowed, error);
    fields.set(key, { outer, input, show, error });
    show(settings.get(key));
    return outer;
  }

  function addGroup(place, schema, group, suggestions) {
    for (const [name, part] of Object.entries(schema.properties)) {
      if (part.properties) {
        const inner = made("fieldset", "", { class: "group" });
        inner.append(made("legend", name));
        if (part.description) inner.append(made("p", part.description, { class: "about" }));
        addGroup(inner, part, `${group}${name}.`, suggestions);
        place.append(inner);
        continue;
      }
      const key = group + name;
      place.append(makeField(key, name, part, suggestions[key] ?? []));
    }
  }

  function section(title) {
    const outer = made("details");
    const summary = made("summary", title[0].toUpperCase() + title.slice(1));
    summary.append(made("span", "", { class: "changed small" }));
    const inside = made("div", "", { class: "fields" });
    outer.append(summary, inside);
    byId("form").append(outer);
    return inside;
  }

  function start(schema, suggestions) {
    let inside;
    for (const [name, part] of Object.entries(schema.properties)) {
      if (part.section || !inside) inside = section(part.section ?? "settings");
      addGroup(inside, { properties: { [name]: part } }, "", suggestions);
      if (name === "segmentation") inside.parentElement.open = true;
    }
    byId("form").addEventListener("submit", (event) => event.preventDefault());
  }

  // Show a setting that has changed; what is typed stays as it is.
  function update(key, from) {
    const { input, show, error, outer } = fields.get(key);
    const { value, fault } = settings.about(key);
    if (from !== input) show(value);
    error.textContent = fault;
    for (const each of isGroup(input) ? input.querySelectorAll("input") : [input])
      each.setAttribute("aria-invalid", Boolean(fault));
    outer.classList.toggle("differs", settings.differs(key));
    const all = outer.closest("details");
    const count = all.querySelectorAll(".differs").length;
    all.querySelector(".changed").textContent = count ? `${count} changed` : "";
  }

  function reveal(key) {
    const { input, outer } = fields.get(key);
    outer.closest("details").open = true;
    (isGroup(input) ? input.querySelector("input") : input).focus();
  }

  return { start, update, reveal };
})();
