"use strict";
// Whether a value fits its schema: the same verdict as that of Python's jsonschema, with the checks
// of inputs/settings.py, for those of JSON schema's keywords that config.schema.yaml uses.
const check = (() => {
  const isNumber = (value) =>
    typeof value === "bigint" || (typeof value === "number" && Number.isFinite(value));
  const TYPES = {
    string: (value) => typeof value === "string",
    number: isNumber,
    integer: (value) => typeof value === "bigint" || Number.isInteger(value),
    boolean: (value) => typeof value === "boolean",
    null: (value) => value === null,
    array: Array.isArray,
    object: (value) => value instanceof Map,
  };

  // Python's regular expressions, as Python understands them.
  const DIGIT = "\\p{Nd}";
  const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
  const patterns = new Map();
  function pattern(source) {
    if (!patterns.has(source)) {
      let inClass = false;
      const translated = source.replace(/\\.|[[\].$]/gs, (sign) => {
        if (sign === "\\d") return DIGIT;
        if (sign === "\\s") return inClass ? SPACE : `[${SPACE}]`;
        if (sign === "[" || sign === "]") inClass = sign === "[";
        if (sign === "." && !inClass) return "[^\\n]";
        if (sign === "$" && !inClass) return "(?=\\n?$)";
        return sign;
      });
      patterns.set(source, new RegExp(translated, "u"));
    }
    return patterns.get(source);
  }

  const length = (text) => [...text].length; // of characters, as Python counts
  const others = (map, schema) =>
    [...map].filter(([key]) => !Object.hasOwn(schema.properties ?? {}, key));

  // Of a value that isn't of their type, these say nothing.
  const number = (fits) => (value, bound) => !isNumber(value) || fits(value, bound);
  const text = (fits) => (value, bound) => !TYPES.string(value) || fits(value, bound);
  const list = (fits) => (value, bound) => !TYPES.array(value) || fits(value, bound);
  const map = (fits) => (value, bound, schema) => !TYPES.object(value) || fits(value, bound, schema);
  const KEYWORDS = {
    type: (value, types) => [types].flat().some((type) => TYPES[type](value)),
    enum: (value, all) => all.includes(value),
    const: (value, one) => value === one,
    anyOf: (value, all) => all.some((schema) => !fault(value, schema)),
    minimum: number((value, bound) => value >= bound),
    maximum: number((value, bound) => value <= bound),
    exclusiveMinimum: number((value, bound) => value > bound),
    exclusiveMaximum: number((value, bound) => value < bound),
    multipleOf: number((value, unit) =>
      typeof value === "bigint" ? value % BigInt(unit) === 0n : value % unit === 0,
    ),
    minLength: text((value, bound) => length(value) >= bound),
    pattern: text((value, source) => pattern(source).test(value)),
    minItems: list((value, bound) => value.length >= bound),
    maxItems: list((value, bound) => value.length <= bound),
    uniqueItems: list((value) => new Set(value.map(yaml.write)).size === value.length),
    minProperties: map((value, bound) => value.size >= bound),
    required: map((value, names) => names.every((name) => value.has(name))),
    additionalProperties: map(
      (value, allowed, schema) => allowed !== false || !others(value, schema).length,
    ),
  };
  // What is in a value, with the schema of each part: this is looked at first, as it says more.
  function parts(value, schema) {
    if (TYPES.array(value) && schema.items) return value.map((part, at) => [at, part, schema.items]);
    if (!TYPES.object(value)) return [];
    const known = Object.entries(schema.properties ?? {}).filter(([name]) => value.has(name));
    const named = known.map(([name, part]) => [name, value.get(name), part]);
    const rest = schema.additionalProperties;
    if (!rest || rest === true) return named;
    return [...named, ...others(value, schema).map(([key, part]) => [key, part, rest])];
  }
  const INNER = ["items", "properties"];
  const WORDS = ["$schema", "default", "description", "section", "path", "allowed"];

  // Say where a value doesn't fit, and what is allowed there; undefined if it fits.
  function fault(value, schema, path = []) {
    for (const [name, part, of] of parts(value, schema)) {
      const found = fault(part, of, [...path, name]);
      if (found) return { ...found, allowed: found.allowed ?? schema.allowed };
    }
    const fits = ([name, bound]) => !Object.hasOwn(KEYWORDS, name) || KEYWORDS[name](value, bound, schema);
    return Object.entries(schema).every(fits) ? undefined : { path, allowed: schema.allowed };
  }

  return { fault, known: [...Object.keys(KEYWORDS), ...INNER, ...WORDS] };
})();
