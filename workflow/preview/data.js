"use strict";
// What the page holds, and how it says numbers.
const data = (() => {
  // The packed part of the page, as preview/page.py has packed it.
  async function unpacked(id) {
    if (!("DecompressionStream" in window))
      throw new Error("This browser can't unpack the pictures: use one from 2023 or later.");
    const place = document.getElementById(id);
    const text = atob(place.textContent);
    place.remove(); // its text may be large, and is needed once
    const bytes = new Uint8Array(text.length);
    for (let n = 0; n < text.length; n++) bytes[n] = text.charCodeAt(n);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  }

  // Three digits, without those behind the point that say nothing.
  const number = (value) => String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
  const counted = (count, one, many) => `${count} ${count === 1 ? one : many}`;
  const nuclei = (count) => counted(count, "nucleus", "nuclei");

  // An area or a length in pixels, and in micrometres where the size of a pixel is known.
  function area(pixels, pixelSize) {
    const micrometres = pixelSize ? ` (${number(pixels * pixelSize ** 2)} µm²)` : "";
    return `${number(pixels)} pixels${micrometres}`;
  }
  function length(pixels, pixelSize) {
    const micrometres = pixelSize ? ` (${number(pixels * pixelSize)} µm)` : "";
    return `${number(pixels)} pixels${micrometres}`;
  }

  // "30 um2" as people write it.
  const pretty = (text) => text.replace(/[uμ]m/, "µm").replace(/m(2|\^2)\s*$/, "m²");

  // An element with text in it, which is never markup.
  function made(name, text = "", attributes = {}) {
    const element = document.createElement(name);
    if (text) element.textContent = text;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  }

  return { unpacked, number, counted, nuclei, area, length, pretty, made };
})();
