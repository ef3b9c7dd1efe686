"use strict";
// All that a script does here: a page that is told that something changed loads itself again, in place.
(() => {
  const main = document.getElementById("main");

  function isBusy() {
    const at = document.activeElement;
    const types = at && main.contains(at) && ["INPUT", "TEXTAREA", "SELECT"].includes(at.tagName);
    return types || main.querySelector("input[type=checkbox]:checked, details[open][id]") !== null;
  }

  async function refresh() {
    if (isBusy()) return;
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("main");
    if (!fresh) return;
    const at = document.activeElement;
    const address = at && main.contains(at) ? at.getAttribute("href") : null;
    main.replaceChildren(...Array.from(fresh.childNodes, (node) => document.importNode(node, true)));
    if (address) {
      const again = Array.from(main.querySelectorAll("a")).find((link) => link.getAttribute("href") === address);
      if (again) again.focus({ preventScroll: true });
    }
    later();
  }

  function later() {
    if (main.querySelector("[data-reload]")) setTimeout(refresh, 1000);
  }

  if (main.dataset.live) {
    const source = new EventSource(main.dataset.live);
    source.addEventListener("changed", refresh);
    addEventListener("pagehide", () => source.close());
  }
  later();
})();
