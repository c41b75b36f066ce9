"use strict";
// The page without its plot: filters, sorting, and pictures that lie beside the page.
(() => {
  const byId = (id) => document.getElementById(id);

  function filterGallery() {
    const text = byId("filter-text").value.toLowerCase();
    const condition = byId("filter-condition")?.value ?? "";
    const flagged = byId("filter-flagged").checked;
    const cards = [...byId("gallery").children];
    let shown = 0;
    for (const card of cards) {
      const fits =
        card.dataset.name.toLowerCase().includes(text) &&
        (!condition || card.dataset.condition === condition) &&
        (!flagged || "flagged" in card.dataset);
      card.hidden = !fits;
      shown += fits;
    }
    byId("gallery-count").textContent = `${shown} of ${cards.length} pictures`;
  }

  if (byId("gallery")) {
    byId("gallery-filters").addEventListener("input", filterGallery);
    byId("gallery-filters").addEventListener("submit", (event) => event.preventDefault());
    filterGallery();
    // A link to a picture shows it, whatever the filters say.
    const reveal = () => {
      const card = byId(location.hash.slice(1));
      if (card?.parentElement === byId("gallery") && card.hidden) {
        byId("gallery-filters").reset();
        filterGallery();
        card.scrollIntoView();
      }
    };
    addEventListener("hashchange", reveal);
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.('a[href^="#picture-"]');
      if (link && link.hash === location.hash) setTimeout(reveal);
    });
  }

  // Sorting and filtering of tables.
  const value = (cell) => cell.dataset.value ?? cell.textContent;
  const order = new Intl.Collator("en", { numeric: true }).compare;

  function compare(a, b) {
    const [x, y] = [Number(a), Number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? order(a, b) : x - y;
  }

  function sortBy(header) {
    const table = header.closest("table");
    const column = header.cellIndex;
    const falls = header.getAttribute("aria-sort") === "ascending";
    const keyed = [...table.tBodies[0].rows].map((row) => [value(row.cells[column]), row]);
    const filled = keyed.filter(([key]) => key !== "");
    filled.sort((a, b) => (falls ? -1 : 1) * compare(a[0], b[0]));
    const blank = keyed.filter(([key]) => key === "");
    table.tBodies[0].append(...[...filled, ...blank].map(([, row]) => row));
    for (const each of header.parentElement.cells) each.setAttribute("aria-sort", "none");
    header.setAttribute("aria-sort", falls ? "descending" : "ascending");
  }

  for (const header of document.querySelectorAll(".sortable th"))
    header.firstElementChild.addEventListener("click", () => sortBy(header));

  for (const input of document.querySelectorAll(".table-filter"))
    input.addEventListener("input", () => {
      const text = input.value.toLowerCase();
      const rows = [...byId(input.dataset.table).tBodies[0].rows];
      let shown = 0;
      for (const row of rows) {
        const fits = [...row.cells].some((cell) => cell.textContent.toLowerCase().includes(text));
        row.hidden = !fits;
        shown += fits;
      }
      input.closest("p").querySelector("output").textContent = `${shown} of ${rows.length} rows`;
    });

  // Pictures and movies beside the page take the place of their links once they are loaded; where
  // the page was mailed alone, the links stay.
  function fetchBeside(place) {
    const movie = "movie" in place.dataset;
    const shown = document.createElement(movie ? "video" : "img");
    if (movie) Object.assign(shown, { controls: true, preload: "metadata", ariaLabel: place.dataset.alt });
    else shown.alt = place.dataset.alt;
    shown.addEventListener(movie ? "loadedmetadata" : "load", () => {
      // A movie's own buttons can't be within a link.
      if (movie) place.parentElement.before(shown);
      else place.replaceWith(shown);
    });
    shown.src = place.dataset.beside;
  }

  const near = new IntersectionObserver(
    (entries) => {
      for (const entry of entries)
        if (entry.isIntersecting) {
          near.unobserve(entry.target);
          fetchBeside(entry.target);
        }
    },
    { rootMargin: "400px" },
  );
  for (const place of document.querySelectorAll("[data-beside]")) near.observe(place);

  // What is folded would be missing on paper.
  addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details:not([open])")) {
      folded.open = true;
      folded.dataset.folded = "";
    }
  });
  addEventListener("afterprint", () => {
    for (const opened of document.querySelectorAll("details[data-folded]")) opened.open = false;
  });
})();
