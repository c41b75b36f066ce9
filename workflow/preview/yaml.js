"use strict";
// Values of settings as text: in YAML, in one line, and in the fields of the form. A list is an
// Array, a map a Map (its keys may be numbers), and a whole number with many digits a BigInt.
const yaml = (() => {
  const NUMBER = /^[-+]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/;
  const WORDS = /^(?:y|n|yes|no|on|off|true|false|null|nan|inf|infinity)$/i;
  const PLAIN = /^(?:[\p{L}\p{N}]|(?:~|\.\.?)?\/)[\p{L}\p{M}\p{N}_ ./+()=@%&'~\\-]*$/u;
  const NOT_PRINTED = /[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/;
  const NAMED = { 0: "\0", a: "\x07", b: "\b", t: "\t", n: "\n", v: "\v", f: "\f", r: "\r" };
  const SIGNS = { " ": " ", '"': '"', "/": "/", "\\": "\\" };
  const OTHERS = { e: "\x1b", N: "\x85", _: "\xa0", L: "\u2028", P: "\u2029" };
  const ESCAPES = { ...NAMED, ...SIGNS, ...OTHERS };

  // ---- writing: inputs/yaml_values.py does the same ----

  function quoted(text) {
    const hex = (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
    return JSON.stringify(text).replace(new RegExp(NOT_PRINTED, "g"), hex);
  }

  // Text that begins with a digit could be a number, a time or a date, if no word follows.
  function isPlain(text) {
    const digit = /^\p{N}/u.test(text) && !/ \p{L}/u.test(text);
    return PLAIN.test(text) && text.trim() === text && !WORDS.test(text) && !digit;
  }

  function write(value) {
    if (value instanceof Map) {
      const pairs = [...value].map(([key, part]) => `${write(key)}: ${write(part)}`);
      return `{${pairs.join(", ")}}`;
    }
    if (Array.isArray(value)) return `[${value.map(write).join(", ")}]`;
    if (typeof value === "string") return isPlain(value) ? value : quoted(value);
    // Without a point 1e-7 would be text.
    if (typeof value === "number") return String(value).replace(/^(-?\d+)e/, "$1.0e");
    return String(value);
  }

  // ---- reading ----

  function numberIn(text) {
    if (!NUMBER.test(text)) return undefined;
    const value = Number(text);
    if (/^[-+]?\d+$/.test(text) && !Number.isSafeInteger(value)) return BigInt(text.replace("+", ""));
    return Number.isFinite(value) ? value : undefined;
  }

  function plainValue(text) {
    if (/^(?:true|True|TRUE)$/.test(text)) return true;
    if (/^(?:false|False|FALSE)$/.test(text)) return false;
    if (/^(?:~|null|Null|NULL)$/.test(text)) return null;
    return numberIn(text) ?? text;
  }

  // Read a value as it stands in one line of config.yaml. What is wrong is told in an Error.
  function read(text) {
    let at = 0;

    function skip() {
      for (;;) {
        while (/[ \t\r\n]/.test(text[at] ?? "")) at++;
        if (text[at] !== "#") return;
        while (at < text.length && text[at] !== "\n") at++;
      }
    }

    function inDoubleQuotes() {
      let found = "";
      for (at++; at < text.length; at++) {
        if (text[at] === '"') return at++, found;
        if (text[at] !== "\\") {
          found += text[at];
          continue;
        }
        const sign = text[++at];
        const digits = { x: 2, u: 4, U: 8 }[sign];
        if (digits) {
          const code = text.slice(at + 1, at + 1 + digits);
          if (!/^[0-9a-fA-F]+$/.test(code) || code.length < digits || parseInt(code, 16) > 0x10ffff)
            throw new Error(`\\${sign} must be followed by ${digits} digits from 0 to f`);
          found += String.fromCodePoint(parseInt(code, 16));
          at += digits;
        } else if (Object.hasOwn(ESCAPES, sign ?? "")) found += ESCAPES[sign];
        else throw new Error("write a backslash in double quotes as two of them");
      }
      throw new Error("a quotation mark is not closed");
    }

    function inSingleQuotes() {
      const end = /^'((?:[^']|'')*)'/.exec(text.slice(at));
      if (!end) throw new Error("a quotation mark is not closed");
      at += end[0].length;
      return end[1].replaceAll("''", "'");
    }

    function scalar() {
      if (text[at] === '"') return inDoubleQuotes();
      if (text[at] === "'") return inSingleQuotes();
      const found = /^(?:[^,[\]{}:#]|:(?![\s,[\]{}]|$)|(?<!\s)#)*/.exec(text.slice(at))[0].trim();
      if (!found && at >= text.length) throw new Error("a value is missing");
      if (!found) throw new Error(`"${text[at]}" stands where a value should be`);
      if (/^[&*!|>%@`]|^[-?](?:\s|$)/.test(found)) throw new Error(`put "${found}" in double quotes`);
      at += found.length;
      return plainValue(found);
    }

    function within(close, part) {
      const open = text[at++];
      for (skip(); text[at] !== close; skip()) {
        if (at >= text.length) throw new Error(`the ${open} is not closed`);
        part();
        skip();
        if (text[at] === ",") at++;
        else if (text[at] !== close && at < text.length)
          throw new Error(`a comma is missing before "${text.slice(at, at + 10)}"`);
      }
      at++;
    }

    function value() {
      skip();
      if (text[at] === "[") {
        const list = [];
        within("]", () => list.push(value()));
        return list;
      }
      if (text[at] !== "{") return scalar();
      const map = new Map();
      within("}", () => {
        if (/[[{]/.test(text[at])) throw new Error("a list or a map can't be a name");
        const key = scalar();
        if (map.has(key)) throw new Error(`"${key}" stands twice`);
        skip();
        if (text[at] !== ":") throw new Error(`a colon and a blank are missing after "${key}"`);
        at++;
        map.set(key, value());
      });
      return map;
    }

    const found = value();
    skip();
    if (at < text.length) throw new Error(`"${text.slice(at, at + 10)}" stands behind the end`);
    return found;
  }

  // ---- fields of the form ----

  // What a setting may be, by its schema: the names of types.
  function typesOf(schema) {
    const found = new Set([schema.type ?? []].flat());
    for (const each of schema.enum ?? ("const" in schema ? [schema.const] : [])) found.add(typeof each);
    for (const part of schema.anyOf ?? []) for (const type of typesOf(part)) found.add(type);
    return found;
  }

  function readField(text, types) {
    const typed = text.trim();
    if (!typed) return types.has("null") ? null : "";
    if (typed.length > 1 && typed.startsWith('"') && typed.endsWith('"'))
      try {
        const value = read(typed);
        if (typeof value === "string") return value;
      } catch {
        // It is text with quotation marks in it.
      }
    if (types.has("object") && typed.startsWith("{")) return read(typed);
    if (types.has("array") && typed.startsWith("[")) return read(typed);
    if (types.has("number") || types.has("integer")) return numberIn(typed) ?? typed;
    return typed;
  }

  function writeField(value, types) {
    if (value === null) return "";
    if (typeof value !== "string") return write(value);
    const same = () => {
      try {
        return readField(value, types) === value;
      } catch {
        return false;
      }
    };
    return !NOT_PRINTED.test(value) && same() ? value : quoted(value);
  }

  return { write, read, typesOf, readField, writeField };
})();
