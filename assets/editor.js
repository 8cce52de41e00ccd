// The product editor's own script: pictures on their way up, rich text, values typed one by one.
// React draws everything; this only listens.
import { useEffect } from "react";

const MARKS = { B: "b", STRONG: "b", I: "i", EM: "i", U: "u" };
const BLOCKS = {
  P: "p",
  DIV: "p",
  H1: "h2",
  H2: "h2",
  H3: "h3",
  H4: "h3",
  UL: "ul",
  OL: "ol",
  LI: "li",
  BLOCKQUOTE: "blockquote",
  HR: "hr",
  TABLE: "table",
  THEAD: "thead",
  TBODY: "tbody",
  TR: "tr",
  TD: "td",
  TH: "th",
};
const DROPPED = new Set([
  "SCRIPT",
  "STYLE",
  "META",
  "LINK",
  "TITLE",
  "HEAD",
  "IFRAME",
  "OBJECT",
  "SVG",
  "FORM",
  "INPUT",
  "BUTTON",
  "TEXTAREA",
  "SELECT",
]);

// Rich text ------------------------------------------------------------------------------------

// Rebuilds a foreign tree from the few tags that a description may have; nothing is taken over.
function cleaned(node, into) {
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) {
      into.append(child.textContent.replace(/\s+/g, " "));
    } else if (child.nodeType === Node.ELEMENT_NODE && !DROPPED.has(child.tagName.toUpperCase())) {
      into.append(...cleanedElement(child));
    }
  }
  return into;
}

function cleanedElement(child) {
  const tag = child.tagName.toUpperCase();
  if (tag === "BR") return [document.createElement("br")];
  if (tag === "IMG") {
    const src = child.getAttribute("src") || "";
    if (!src.startsWith("/media/")) return [];
    return [Object.assign(document.createElement("img"), { src, alt: child.alt || "" })];
  }
  const name = MARKS[tag] || BLOCKS[tag];
  if (!name) return [...cleaned(child, document.createDocumentFragment()).childNodes];
  return [cleaned(child, document.createElement(name))];
}

function pastedHtml(clipboard) {
  const html = clipboard.getData("text/html");
  const box = document.createElement("div");
  if (html) {
    // A document of DOMParser runs no script and loads nothing.
    cleaned(new DOMParser().parseFromString(html, "text/html").body, box);
  } else {
    for (const line of clipboard.getData("text/plain").split(/\r?\n/)) {
      const paragraph = document.createElement("p");
      paragraph.textContent = line;
      box.append(line ? paragraph : document.createElement("br"));
    }
    if (box.childNodes.length === 1) return box.firstChild.innerHTML;
  }
  return box.innerHTML;
}

function valueOf(rich) {
  return rich.parentElement.querySelector("[data-editor-rich-value]");
}

function prepare(rich) {
  if (rich.dataset.editorReady) return;
  rich.dataset.editorReady = "1";
  document.execCommand("defaultParagraphSeparator", false, "p");
  // What is stored was cleaned by the server, which allows no handler and no foreign address.
  const stored = new DOMParser().parseFromString(valueOf(rich).value, "text/html").body;
  rich.replaceChildren(...cleaned(stored, document.createElement("div")).childNodes);
}

function keep(rich) {
  const bare = !rich.textContent.trim() && !rich.querySelector("img, hr, table");
  valueOf(rich).value = bare ? "" : rich.innerHTML;
}

function command(button) {
  const rich = button.closest("[data-editor-rich-box]").querySelector("[data-editor-rich]");
  const [name, value] = button.dataset.editorCommand.split(":");
  rich.focus();
  if (name === "formatBlock") {
    const same = document.queryCommandValue("formatBlock").toLowerCase() === value;
    document.execCommand(name, false, same ? "p" : value);
  } else {
    document.execCommand(name, false, value);
  }
  keep(rich);
  touch(rich);
}

function showActive() {
  const rich = document.activeElement?.closest?.("[data-editor-rich]");
  const box = rich?.closest("[data-editor-rich-box]");
  for (const button of box?.querySelectorAll("[data-editor-command]") || []) {
    const [name, value] = button.dataset.editorCommand.split(":");
    const on =
      name === "formatBlock"
        ? document.queryCommandValue("formatBlock").toLowerCase() === value
        : /^(bold|italic|underline|insert.*List)$/.test(name) && document.queryCommandState(name);
    button.setAttribute("aria-pressed", on ? "true" : "false");
  }
}

// Pictures -------------------------------------------------------------------------------------

// Lets React notice a value that a script sets.
function tell(input, value) {
  const setter = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
  setter.call(input, value);
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

// What an answer says to a person; the page's own words where nothing readable came.
function refusalOf(told, says) {
  const reasons = Object.values(told.fields || {});
  return new Error(reasons[0] || told.title || says.dataset.editorFailed);
}

async function upload(file, door, says) {
  if (file.size > Number(says.dataset.editorMaxBytes)) {
    // The server would say the same, after minutes on a slow line.
    throw new Error(says.dataset.editorTooLarge);
  }
  const [, scope, merchant] = location.pathname.split("/");
  const body = new FormData();
  body.append("file", file);
  const sent = fetch(`/upload/${scope}/${merchant}/${door}`, { method: "POST", body });
  const answer = await sent.catch(() => null);
  const told = (await answer?.json().catch(() => null)) || {};
  if (!answer?.ok) throw refusalOf(told, says);
  return told.keys || [told.key];
}

// Every file is sent, whatever it is called: the server looks at what it is.
async function uploadAll(files, door, box, use) {
  const says = box.querySelector("[data-editor-upload-says]");
  const faults = [];
  box.dataset.editorBusy = "1";
  says.classList.remove("fault");
  for (const [place, file] of [...files].entries()) {
    says.textContent = `${says.dataset.editorUploading} ${place + 1}/${files.length}`;
    try {
      use(await upload(file, door, says));
    } catch (error) {
      faults.push(`${file.name}: ${error.message}`);
    }
  }
  delete box.dataset.editorBusy;
  says.textContent = faults.join(" · ");
  says.classList.toggle("fault", faults.length > 0);
}

function takePictures(files, box) {
  return uploadAll(files, "picture", box, ([key]) =>
    tell(box.querySelector("[data-editor-picture-key]"), key),
  );
}

// A long picture comes back as its parts, from top to bottom.
function insertPictures(files, box) {
  const rich = box.querySelector("[data-editor-rich]");
  return uploadAll(files, "detail-picture", box, (keys) => {
    const parts = keys.map((key) => `<img src="/media/${key}/960.webp" alt="">`);
    rich.focus();
    document.execCommand("insertHTML", false, parts.join(""));
    keep(rich);
    touch(rich);
  });
}

// The hook -------------------------------------------------------------------------------------

// Tells what keeps the form that something in it has changed.
function touch(target) {
  target.closest("form")?.dispatchEvent(new CustomEvent("form-touched"));
}

function listeners() {
  const within = (event, selector) => event.target.closest?.(selector);
  return {
    input(event) {
      const rich = within(event, "[data-editor-rich]");
      if (rich) keep(rich);
    },
    change(event) {
      if (!event.target.matches?.("[type=file]") || !event.target.files.length) return;
      const pictures = within(event, "[data-editor-pictures]");
      const text = within(event, "[data-editor-rich-box]");
      const files = [...event.target.files];
      event.target.value = "";
      if (pictures) takePictures(files, pictures);
      if (text) insertPictures(files, text);
      if (pictures || text) touch(event.target);
    },
    paste(event) {
      const rich = within(event, "[data-editor-rich]");
      if (!rich) return;
      event.preventDefault();
      const files = [...event.clipboardData.files];
      if (files.length) insertPictures(files, rich.closest("[data-editor-rich-box]"));
      else document.execCommand("insertHTML", false, pastedHtml(event.clipboardData));
      keep(rich);
      touch(rich);
    },
    mousedown(event) {
      // The selection in the text must not get lost to the button.
      if (within(event, "[data-editor-command]")) event.preventDefault();
    },
    keydown(event) {
      const box = within(event, "[data-editor-values]");
      if (event.key !== "Enter" || event.isComposing || !event.target.matches?.("input")) return;
      if (!within(event, "[data-editor-form]")) return;
      // Enter never sends a half-filled product; in a field of values it adds what was typed.
      event.preventDefault();
      if (!box) return;
      event.target.blur();
      event.target.focus();
    },
    focusout(event) {
      // React has heard of it by now: its own listener sits deeper.
      if (within(event, "[data-editor-values]")) event.target.value = "";
    },
    selectionchange: showActive,
    dragstart(event) {
      const picture = within(event, "[data-editor-picture]");
      if (picture) event.dataTransfer.setData("text/x-picture", picture.dataset.editorPicture);
    },
    dragover(event) {
      if (within(event, "[data-editor-pictures]")) event.preventDefault();
    },
    drop(event) {
      const box = within(event, "[data-editor-pictures]");
      if (!box) return;
      event.preventDefault();
      const key = event.dataTransfer.getData("text/x-picture");
      const onto = within(event, "[data-editor-picture]");
      if (event.dataTransfer.files.length) takePictures(event.dataTransfer.files, box);
      else if (key && onto) {
        const all = [...box.querySelectorAll("[data-editor-picture]")];
        tell(box.querySelector("[data-editor-picture-move]"), `${key}>${all.indexOf(onto)}`);
      }
      touch(box);
    },
    "form-restored": (event) => {
      for (const rich of event.target.querySelectorAll("[data-editor-rich]")) {
        delete rich.dataset.editorReady;
        prepare(rich);
      }
    },
  };
}

function clicked(event) {
  const button = event.target.closest?.("[data-editor-command]");
  if (button) command(button);
}

function attach() {
  const heard = { ...listeners(), click: clicked };
  const ready = () => document.querySelectorAll("[data-editor-rich]").forEach(prepare);
  const seen = new MutationObserver(ready);
  for (const [name, hear] of Object.entries(heard)) document.addEventListener(name, hear);
  seen.observe(document.body, { childList: true, subtree: true });
  ready();
  return () => {
    for (const [name, hear] of Object.entries(heard)) document.removeEventListener(name, hear);
    seen.disconnect();
  };
}

export function useEditor() {
  useEffect(attach, []);
  return "1";
}
