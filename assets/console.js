// Keyboard: Ctrl/⌘-K palette, / search, G + letter goes to a page, ? lists the keys.
(() => {
  // The workspace's colour, also for dialogs and menus, which stand outside the frame.
  document.documentElement.dataset.scope = location.pathname.split("/")[1];

  // One choice of light or dark for console, account pages and stores: the cookie that all read.
  const keepTheme = (theme) => {
    document.cookie = `ts_theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  };
  try {
    const chosen = /(?:^|; )ts_theme=(light|dark)/.exec(document.cookie);
    const before = localStorage.getItem("theme");
    if (chosen) localStorage.setItem("theme", chosen[1]);
    else if (before === "light" || before === "dark") keepTheme(before);
  } catch {
    // Without storage the page follows the system.
  }
  document.addEventListener(
    "click",
    (event) => {
      if (!event.target.closest?.("[data-console-theme-toggle]")) return;
      // Before the click is handled: what is dark now becomes light.
      keepTheme(document.documentElement.classList.contains("dark") ? "light" : "dark");
    },
    true,
  );

  // A tab is named by what its page shows, such as an order's number, and by the workspace.
  const nameTab = () => {
    const heading = document.querySelector("main h1");
    if (!heading) return;
    const copy = heading.cloneNode(true);
    copy.querySelectorAll(".badge, .tab-count").forEach((one) => one.remove());
    const page = copy.textContent.trim();
    const place = document.querySelector("[data-console-switcher] b")?.textContent.trim();
    const name = [page, place, "通商 Tongshang"].filter(Boolean).join(" · ");
    if (page && document.title !== name) document.title = name;
  };
  let naming = 0;
  new MutationObserver(() => {
    cancelAnimationFrame(naming);
    naming = requestAnimationFrame(nameTab);
  }).observe(document.documentElement, { subtree: true, childList: true, characterData: true });

  let going = 0;
  const typing = (element) =>
    element && (/^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) || element.isContentEditable);

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      document.querySelector("[data-console-palette]")?.click();
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
      const link = [...document.querySelectorAll("[data-console-go]")].find(
        (one) => one.dataset.consoleGo === event.key.toLowerCase(),
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

  // "Back" on a record leads to its list as it was left: with search, filters, order and page.
  const leftAt = (path) => `ts-list:${path.replace(/\/$/, "")}`;
  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest?.("a[href]");
      if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (document.querySelector("[data-console-list]")) {
        sessionStorage.setItem(leftAt(location.pathname), location.search);
      }
      const search = sessionStorage.getItem(leftAt(new URL(link.href).pathname));
      if (!link.matches(".back") || !search) return;
      event.preventDefault();
      event.stopPropagation();
      // The router hears of the address as it does of the browser's own buttons.
      const idx = (history.state?.idx ?? 0) + 1;
      history.pushState({ idx, key: `${Date.now()}` }, "", link.pathname + search);
      dispatchEvent(new PopStateEvent("popstate", { state: history.state }));
    },
    true,
  );

  // A choice of records: arrow keys walk through what was found, Enter takes the first of it once
  // the answer is to what stands in the input.
  const chooseFirst = (input, tries = 60) => {
    const list = input.parentElement?.querySelector("[data-console-choice-answered]");
    if (!list) return;
    if (list.dataset.consoleChoiceAnswered === input.value) {
      list.querySelector("[role=option]")?.click();
    } else if (tries) {
      setTimeout(() => chooseFirst(input, tries - 1), 50);
    }
  };
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.(".record-choice-menu");
    if (!menu) return;
    const input = menu.querySelector("[data-console-choice-input]");
    if (event.key === "Enter" && event.target === input && !event.isComposing) {
      event.preventDefault();
      chooseFirst(input);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const stops = [input, ...menu.querySelectorAll(".record-choice-option")];
      const at = stops.indexOf(document.activeElement);
      event.preventDefault();
      stops[at + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
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

  // The second click of a double click must not ask for the same change again: what must not
  // happen twice says so. A step that may, such as "move up", goes on with the row that it began
  // with, though another row has come under the pointer meanwhile.
  let step = "";
  document.addEventListener(
    "click",
    (event) => {
      const button = event.target.closest?.("[data-console-once], [data-console-step]");
      const named = button?.dataset.consoleStep ?? "";
      if (event.detail < 2) step = named;
      if (event.detail < 2 || !button || (named && named === step)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (named && step) document.querySelector(`[data-console-step="${CSS.escape(step)}"]`)?.click();
    },
    true,
  );

  // A page that could not be filled while a part was away asks again, as long as nothing stands
  // there that somebody might be typing into.
  const RELOAD_MS = 5000;
  setInterval(() => {
    const away = document.querySelector('[data-console-fault="away"]');
    if (away && away.parentElement.querySelector(".skeleton")) location.reload();
  }, RELOAD_MS);
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-console-reload]")) location.reload();
  });

  // On a phone, going to a page closes the navigation.
  document.addEventListener("click", (event) => {
    if (event.target.closest?.(".nav-item")) {
      const open = document.getElementById("nav-open");
      if (open) open.checked = false;
    }
  });

  // A picture is sent as soon as it is chosen; the form carries the key that came back.
  const sendPicture = async (input, file, fault) => {
    if (file.size > Number(fault.dataset.consoleMaxBytes)) {
      throw new Error(fault.dataset.consoleTooLarge);
    }
    const body = new FormData();
    body.append("file", file);
    const sent = fetch(input.dataset.consoleUpload, { method: "POST", body });
    const answer = await sent.catch(() => null);
    const told = (await answer?.json().catch(() => null)) || {};
    if (answer?.ok) return told.key;
    const reasons = Object.values(told.fields || {});
    throw new Error(reasons[0] || told.title || fault.dataset.consoleFailed);
  };

  document.addEventListener("change", async (event) => {
    const input = event.target;
    if (!input.matches?.("[data-console-upload]") || !input.files.length) return;
    const field = input.closest("[data-console-upload-field]");
    const fault = field.querySelector("[data-console-upload-fault]");
    const file = input.files[0];
    input.value = "";
    try {
      showPicture(field, await sendPicture(input, file, fault));
      fault.hidden = true;
    } catch (error) {
      fault.textContent = `${file.name}: ${error.message}`;
      fault.hidden = false;
    }
  });

  const showPicture = (field, key) => {
    field.querySelector("[data-console-upload-key]").value = key;
    field.querySelector("[data-console-upload-picture]").src = key
      ? `/media/${key}/240.webp`
      : "/no-picture.svg";
  };

  document.addEventListener("click", (event) => {
    const clear = event.target.closest?.("[data-console-upload-clear]");
    if (clear) showPicture(clear.closest("[data-console-upload-field]"), "");
    const swatch = event.target.closest?.("[data-console-swatch]");
    if (swatch) swatch.parentElement.querySelector("input").value = swatch.dataset.consoleSwatch;
  });

  // Files of an import go one after the other, with their progress; the page looks again after
  // each of them.
  const sendFile = (address, file, row) =>
    new Promise((resolve) => {
      const request = new XMLHttpRequest();
      const bar = row.querySelector("progress");
      const body = new FormData();
      body.append("file", file);
      request.upload.addEventListener("progress", (event) => {
        bar.value = event.total ? event.loaded / event.total : 0;
      });
      request.addEventListener("loadend", () => resolve(request));
      request.open("POST", address);
      request.send(body);
    });

  const saysOf = (request, field) => {
    if (request.status === 413) return field.dataset.consoleTooLarge;
    try {
      const told = JSON.parse(request.responseText);
      return Object.values(told.fields || {})[0] || told.title || field.dataset.consoleFailed;
    } catch {
      return field.dataset.consoleFailed;
    }
  };

  const sendFiles = async (input) => {
    const field = input.closest("[data-console-send-field]");
    const list = field.querySelector("[data-console-sending]");
    const address = input.dataset.consoleSendFiles;
    const files = [...input.files];
    input.value = "";
    list.replaceChildren();
    const rows = files.map((file) => {
      const row = document.createElement("li");
      row.append(document.createElement("span"), document.createElement("progress"));
      row.firstChild.textContent = file.name;
      list.append(row);
      return row;
    });
    for (const [place, file] of files.entries()) {
      const request = await sendFile(address, file, rows[place]);
      if (request.status === 201) {
        rows[place].remove();
      } else {
        rows[place].className = "fault";
        rows[place].textContent = `${file.name}: ${saysOf(request, field)}`;
      }
      field.querySelector("[data-console-sent]")?.click();
    }
  };

  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input.matches?.("[data-console-send-files]") && input.files.length) sendFiles(input);
  });

  // Work that goes on elsewhere is looked at again and again while its page is seen.
  setInterval(() => {
    if (!document.hidden) document.querySelector("[data-console-poll]")?.click();
  }, 1500);

  const decoded = (bytes, encoding) =>
    new TextDecoder(encoding, { fatal: true }).decode(bytes);

  // The signs of damaged UTF-8 are characters of UTF-8 that are most of its high bytes.
  const isDamagedUtf8 = (bytes) => {
    let high = 0;
    let whole = 0;
    for (let place = 0; place < bytes.length; place += 1) {
      const byte = bytes[place];
      if (byte < 0x80) continue;
      high += 1;
      const more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc2 ? 1 : 0;
      const rest = bytes.subarray(place + 1, place + 1 + more);
      if (!more || rest.length < more || rest.some((one) => (one & 0xc0) !== 0x80)) continue;
      high += more;
      whole += more + 1;
      place += more;
    }
    return whole * 2 > high;
  };

  // What cannot be read keeps the signs of it, and is refused where it is sent.
  const textOf = (bytes) => {
    try {
      if (bytes[0] === 0xff && bytes[1] === 0xfe) return decoded(bytes, "utf-16le");
      if (bytes[0] === 0xfe && bytes[1] === 0xff) return decoded(bytes, "utf-16be");
      return decoded(bytes, "utf-8");
    } catch {
      const damaged = (bytes[0] === 0xef && bytes[1] === 0xbb) || bytes[0] >= 0xfe || isDamagedUtf8(bytes);
      return new TextDecoder(damaged ? "utf-8" : "gb18030").decode(bytes);
    }
  };

  // A chosen text file fills the box that it names; Chinese spreadsheets often write GB 18030.
  document.addEventListener("change", async (event) => {
    const box = document.getElementById(event.target.dataset?.consoleFills || "");
    const file = event.target.files?.[0];
    if (!box || !file) return;
    box.value = textOf(new Uint8Array(await file.arrayBuffer()));
    // What listens for the end of typing hears of it too.
    box.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
    event.target.value = "";
  });
})();
