"use strict";
// All that a script does here: a page that is told that something changed loads itself again, in place.
(() => {
  const main = document.getElementById("main");

  function isBusy() {
    const at = document.activeElement;
    const types = at && main.contains(at) && ["INPUT", "TEXTAREA", "SELECT"].includes(at.tagName);
    return (types && !at.closest("form[data-turn]")) || main.querySelector("input[type=checkbox]:checked, details[open][id]") !== null;
  }

  async function refresh() {
    if (isBusy()) return;
    await load(location.href);
  }

  async function load(address) {
    const answer = await fetch(address, { credentials: "same-origin" });
    if (!answer.ok && answer.status !== 503) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("main");
    if (!fresh) return;
    const at = document.activeElement;
    const link = at && main.contains(at) ? at.getAttribute("href") : null;
    const id = at && main.contains(at) ? at.id : "";
    main.replaceChildren(...Array.from(fresh.childNodes, (node) => document.importNode(node, true)));
    const again = id ? document.getElementById(id)
      : link && Array.from(main.querySelectorAll("a")).find((one) => one.getAttribute("href") === link);
    if (again) again.focus({ preventScroll: true });
    later();
  }

  function later() {
    const told = main.querySelector("[data-reload]");
    if (!told) return;
    const address = told.dataset.reload === "1" ? location.href : told.dataset.reload;
    setTimeout(() => (isBusy() ? later() : load(address)), 1000);
  }

  main.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const area = document.getElementById(button.dataset.copy);
    area.select();
    navigator.clipboard.writeText(area.value).then(() => { button.textContent = "Copied"; });
  });

  main.addEventListener("input", (event) => {
    const shown = event.target.type === "range" && main.querySelector(`output[for="${event.target.id}"]`);
    if (shown) shown.textContent = event.target.value;
  });

  main.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-turn]");
    if (!form) return;
    const address = `${location.pathname}?${new URLSearchParams(new FormData(form))}`;
    history.replaceState(null, "", address);
    load(address);
  });

  if (main.dataset.live) {
    const source = new EventSource(main.dataset.live);
    source.addEventListener("changed", refresh);
    addEventListener("pagehide", () => source.close());
  }
  later();
})();
