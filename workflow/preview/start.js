"use strict";
// The page comes to life: everything is started, and told when a setting changes.
(() => {
  const byId = (id) => document.getElementById(id);
  const SHOWN = [...Object.values(choice.KEYS), choice.METHOD, choice.SEPARATE, choice.EXCLUDE];

  // With these the pictures were made; a slider can't show what another one would do.
  const OF_PICTURES = [
    ...["input_folder", "nuclear_channel", "z_projection"],
    ...["segmentation.unet.model", "preview.images"],
  ];

  function showStale() {
    const changed = OF_PICTURES.filter(settings.differs);
    byId("stale").hidden = !changed.length;
    byId("stale").textContent = changed.length
      ? `These pictures don't show what you changed in ${changed.join(", ")}: save the settings, put them in place and make the preview again.`
      : "";
  }

  function isTyping({ target }) {
    return target.matches("textarea, select, input:not([type=range], [type=checkbox], [type=radio])");
  }

  const SHORTCUTS = {
    m: controls.flip,
    c: viewer.toggleContours,
    n: () => viewsTable.show(viewer.index() + 1),
    p: () => viewsTable.show(viewer.index() - 1),
    "+": () => viewer.zoomBy(1),
    "-": () => viewer.zoomBy(-1),
  };

  function changed(hasViews) {
    return (key, from) => {
      settingsForm.update(key, from);
      save.update();
      showStale();
      if (!SHOWN.includes(key) || !hasViews) return;
      for (const [name, of] of Object.entries(choice.KEYS)) if (of === key) choice.follow(name);
      controls.show();
      viewer.update();
      pointed.forget();
      viewsTable.update();
      histogram.update();
    };
  }

  async function start() {
    const { views, options, folder: found, form } = await data.unpacked("preview-data");
    settings.start(form);
    folder.start(found);
    const channels = [...new Set(found.files.flatMap((file) => file.channels ?? []))];
    settingsForm.start(form.schema, { nuclear_channel: channels });
    byId("no-views").hidden = views.length > 0;
    byId("bench").hidden = byId("what-to-do").hidden = !views.length;
    if (views.length) {
      choice.start(options);
      controls.start();
      controls.show();
      byId("flip").addEventListener("click", controls.flip);
      viewer.start(views);
      pointed.start();
      histogram.start(views);
      viewsTable.start(views);
      viewsTable.show(0);
      addEventListener("keydown", (event) => {
        if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
        if (Object.hasOwn(SHORTCUTS, event.key)) SHORTCUTS[event.key]();
      });
    }
    save.start();
    settings.onChange(changed(views.length > 0));
    document.body.dataset.ready = "";
  }

  // What tests and curious people may ask.
  window.preview = { shown: viewer.shown, settings, yaml, check };
  start().catch((error) => {
    byId("fault").textContent = `The page can't be shown. ${error.message}`;
    byId("fault").hidden = false;
  });
})();
