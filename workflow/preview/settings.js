"use strict";
// The settings as they are chosen now, by their names with dots, and config.yaml made of them.
const settings = (() => {
  const all = new Map(); // name: {schema, types, value, fault, inUse}
  const listeners = [];
  let template = [];

  function add(schema, group) {
    for (const [name, part] of Object.entries(schema.properties)) {
      const key = group + name;
      if (part.properties) add(part, `${key}.`);
      else all.set(key, { schema: part, types: yaml.typesOf(part), fault: "" });
    }
  }

  function start(form) {
    template = form.template;
    add(form.schema, "");
    for (const line of template)
      if (typeof line !== "string") {
        const setting = all.get(line.key);
        setting.value = valueOf(line.value);
        setting.inUse = written(setting);
      }
  }

  // `from` says who changed it: that part of the page isn't told to show it again.
  function set(key, value, from) {
    const setting = all.get(key);
    const found = check.fault(value, setting.schema);
    const name = [key.split(".").at(-1), ...(found?.path ?? [])].join(".");
    Object.assign(setting, { value, fault: found ? `${name} must be ${found.allowed}` : "" });
    tell(key, from);
  }

  function setText(key, text, from) {
    const setting = all.get(key);
    let value;
    try {
      value = yaml.readField(text, setting.types);
    } catch (error) {
      const name = key.split(".").at(-1);
      setting.fault = `${name} can't be read: ${error.message}. It must be ${setting.schema.allowed}`;
      tell(key, from);
      return;
    }
    set(key, value, from);
  }

  function tell(key, from) {
    for (const listener of listeners) listener(key, from);
  }

  function reset() {
    for (const [key, setting] of all) if (differs(setting)) set(key, valueOf(setting.inUse));
  }

  const valueOf = (line) => (line === "" ? null : yaml.read(line));
  const written = (setting) => (setting.value === null ? "" : yaml.write(setting.value));

  // The whole of config.yaml.
  function text() {
    const line = (part) =>
      typeof part === "string" ? part : `${part.before} ${written(all.get(part.key))}`.trimEnd();
    return template.map(line).join("\n") + "\n";
  }

  const differs = (setting) => Boolean(setting.fault) || written(setting) !== setting.inUse;
  const keysOf = (fits) => [...all].filter(([, setting]) => fits(setting)).map(([key]) => key);

  return {
    start,
    set,
    setText,
    reset,
    text,
    differs: (key) => differs(all.get(key)),
    changes: () => keysOf(differs),
    faults: () => keysOf((setting) => setting.fault).map((key) => [key, all.get(key).fault]),
    about: (key) => all.get(key),
    get: (key) => all.get(key).value,
    onChange: (listener) => listeners.push(listener),
  };
})();
