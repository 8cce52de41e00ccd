// Keyboard: Ctrl/⌘-K palette, / search, G + letter goes to a page, ? lists the keys.
(() => {
  // The workspace's colour, also for dialogs and menus, which stand outside the frame.
  document.documentElement.dataset.scope = location.pathname.split("/")[1];

  let going = 0;
  const typing = (element) =>
    element && (/^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) || element.isContentEditable);

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      document.querySelector("[data-palette]")?.click();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "?") {
      document.getElementById("shortcuts")?.showModal();
    } else if (event.key === "/") {
      const input = document.querySelector(".search-input");
      if (input) {
        event.preventDefault();
        input.focus();
      }
    } else if (event.key.toLowerCase() === "g") {
      going = Date.now();
    } else if (Date.now() - going < 1200) {
      going = 0;
      const link = [...document.querySelectorAll("[data-go]")].find(
        (one) => one.dataset.go === event.key.toLowerCase(),
      );
      link?.click();
    }
  });

  // Arrow keys walk through the palette's hits.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const palette = document.querySelector(".palette");
    if (!palette) return;
    const stops = [palette.querySelector("input"), ...palette.querySelectorAll(".hit")];
    const at = stops.indexOf(document.activeElement);
    const next = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  });

  // A dialog gives the focus back to where it was before, though no trigger of its own opened it.
  let before = null;
  document.addEventListener("focusin", (event) => {
    const inside = "[role=dialog], [role=alertdialog], [data-radix-focus-guard]";
    if (!event.target.closest(inside)) before = event.target;
  });
  const isDialog = (node) => node.matches?.("[role=dialog]") || node.querySelector?.("[role=dialog]");
  new MutationObserver((changes) => {
    if (!changes.some((change) => [...change.removedNodes].some(isDialog))) return;
    // The dialog itself lets go of the focus a moment later.
    setTimeout(() => {
      if (before?.isConnected && document.activeElement === document.body) before.focus();
    }, 20);
  }).observe(document.body, { childList: true, subtree: true });

  // The second click of a double click must not ask for the same change again.
  document.addEventListener(
    "click",
    (event) => {
      if (event.detail < 2 || !event.target.closest?.(".btn")) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );

  // On a phone, going to a page closes the navigation.
  document.addEventListener("click", (event) => {
    if (event.target.closest?.(".nav-item")) {
      const open = document.getElementById("nav-open");
      if (open) open.checked = false;
    }
  });

  // A picture is sent as soon as it is chosen; the form carries the key that came back.
  document.addEventListener("change", async (event) => {
    const input = event.target;
    if (!input.matches?.("[data-upload]") || !input.files.length) return;
    const field = input.closest("[data-upload-field]");
    const fault = field.querySelector("[data-upload-fault]");
    const body = new FormData();
    body.append("file", input.files[0]);
    input.value = "";
    try {
      const answer = await fetch(input.dataset.upload, { method: "POST", body });
      if (!answer.ok) throw new Error(String(answer.status));
      showPicture(field, (await answer.json()).key);
      fault.hidden = true;
    } catch {
      fault.hidden = false;
    }
  });

  const showPicture = (field, key) => {
    field.querySelector("[data-upload-key]").value = key;
    field.querySelector("[data-upload-picture]").src = key
      ? `/media/${key}/240.webp`
      : "/no-picture.svg";
  };

  document.addEventListener("click", (event) => {
    const clear = event.target.closest?.("[data-upload-clear]");
    if (clear) showPicture(clear.closest("[data-upload-field]"), "");
    const swatch = event.target.closest?.("[data-swatch]");
    if (swatch) swatch.parentElement.querySelector("input").value = swatch.dataset.swatch;
  });

  // A chosen text file fills the box that it names; Chinese spreadsheets often write GB 18030.
  document.addEventListener("change", async (event) => {
    const box = document.getElementById(event.target.dataset?.fills || "");
    const file = event.target.files?.[0];
    if (!box || !file) return;
    const bytes = await file.arrayBuffer();
    try {
      box.value = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      box.value = new TextDecoder("gb18030").decode(bytes);
    }
    event.target.value = "";
  });
})();
