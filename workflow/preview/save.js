"use strict";
// config.yaml, as a file and as text.
const save = (() => {
  const { made } = data;
  const byId = (id) => document.getElementById(id);

  function download() {
    const link = made("a", "", { download: "config.yaml" });
    link.href = URL.createObjectURL(new Blob([settings.text()], { type: "application/yaml" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  async function copy() {
    let done = true;
    try {
      await navigator.clipboard.writeText(byId("text").value);
    } catch {
      byId("text").select();
      done = document.execCommand("copy");
    }
    byId("copied").textContent = done ? "Copied." : "The text is marked: copy it with Ctrl+C.";
  }

  function link(key, text) {
    const button = made("button", text, { type: "button", class: "link" });
    button.addEventListener("click", () => settingsForm.reveal(key));
    return button;
  }

  function update() {
    const faults = settings.faults();
    for (const button of document.querySelectorAll(".save, #copy"))
      button.disabled = faults.length > 0;
    for (const place of document.querySelectorAll(".reason")) {
      place.hidden = !faults.length;
      place.replaceChildren(
        ...(faults.length ? [document.createTextNode("Nothing can be saved while a value is wrong: ")] : []),
        ...faults.flatMap(([key, fault]) => [link(key, `${fault}.`), document.createTextNode(" ")]),
      );
    }
    const changes = settings.changes();
    for (const button of document.querySelectorAll(".reset")) button.disabled = !changes.length;
    byId("changes").textContent = changes.length
      ? `Changed from the settings in use: ${changes.join(", ")}.`
      : "These are the settings in use: nothing is changed.";
    byId("text").value = faults.length ? "" : settings.text();
    byId("copied").textContent = "";
  }

  function start() {
    for (const button of document.querySelectorAll(".save"))
      button.addEventListener("click", download);
    for (const button of document.querySelectorAll(".reset"))
      button.addEventListener("click", settings.reset);
    byId("copy").addEventListener("click", copy);
    update();
  }

  return { start, update };
})();
