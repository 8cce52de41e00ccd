// What is typed into a form is not lost: it is kept in this browser until it is saved or dropped,
// comes back by itself when the connection does, and is offered after a reload or a new sign-in.
// React draws the forms; their inputs are the browser's own, so they are read and filled here.
import { createElement, useEffect, useRef, useState } from "react";
import { useBlocker } from "react-router";

const PREFIX = "ts-draft ";
const DAYS = 7;
const BASE = "form_base";

// What was typed since this page was loaded and is not saved; by the name of its draft.
const live = new Map();
// Forms that were sent and wait for word that they are stored: name → part.
const sent = new Map();
// Drafts that wait for the server to lay out their form anew.
const waiting = new Map();
// The keepers of the forms that are shown.
const shown = new Set();
let leaving = false;

// Drafts ---------------------------------------------------------------------------------------

function stored(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

function put(name, draft) {
  try {
    localStorage.setItem(name, JSON.stringify(draft));
  } catch {
    // Without room for it the form itself still holds what was typed.
  }
}

function forget(name) {
  live.delete(name);
  sent.delete(name);
  waiting.delete(name);
  localStorage.removeItem(name);
  for (const keeper of shown) if (keeper.name === name) keeper.forgotten();
}

function draftNames(owner = "") {
  return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX + owner));
}

function forgetOld() {
  const oldest = Date.now() - DAYS * 86_400_000;
  for (const name of draftNames()) {
    if (!(stored(name)?.at > oldest)) localStorage.removeItem(name);
  }
}

// Inputs ---------------------------------------------------------------------------------------

const UNKEPT = new Set(["password", "file", "submit", "button", "reset"]);

function inputs(form) {
  return [...form.elements].filter(
    (one) => one.name && !UNKEPT.has(one.type) && !one.matches("[data-form-skip]"),
  );
}

function read(form) {
  const fields = {};
  for (const one of inputs(form)) {
    if (one.type === "checkbox") fields[one.name] = one.checked;
    else if (one.type !== "radio" || one.checked) fields[one.name] = one.value;
  }
  return fields;
}

function same(one, other) {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  names.delete(BASE);
  return [...names].every((name) => (one[name] ?? "") === (other[name] ?? ""));
}

// Sets a value so that React and whatever else listens hears of it.
function write(input, value) {
  const kind = { TEXTAREA: HTMLTextAreaElement, SELECT: HTMLSelectElement }[input.tagName];
  const set = Object.getOwnPropertyDescriptor((kind ?? HTMLInputElement).prototype, "value").set;
  set.call(input, value);
  if (input.type === "hidden") return;
  for (const event of ["input", "change"]) input.dispatchEvent(new Event(event, { bubbles: true }));
  input.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
}

function fill(form, fields) {
  for (const one of inputs(form)) {
    if (!(one.name in fields)) continue;
    if (one.type === "checkbox") {
      if (one.checked !== fields[one.name]) one.click();
    } else if (one.type === "radio") {
      if (one.value === fields[one.name] && !one.checked) one.click();
    } else if (one.value !== fields[one.name]) {
      write(one, fields[one.name]);
    }
  }
  form.dispatchEvent(new CustomEvent("form-restored", { bubbles: true }));
}

// Leaving --------------------------------------------------------------------------------------

function unsaved() {
  return [...shown].find((keeper) => keeper.dirty);
}

// Asks before unsaved input is left; what was answered holds for all that listens.
function staysHere() {
  const keeper = unsaved();
  if (!keeper || leaving) return false;
  if (!window.confirm(keeper.leave)) return true;
  for (const one of shown) one.left();
  return false;
}

/** Asks before a page with unsaved input is left. It stands once in the frame of all pages. */
export function LeaveGuard() {
  useEffect(() => {
    const click = (event) => {
      const link = event.target.closest?.("a[href]");
      if (!link || link.target === "_blank" || link.hasAttribute("download")) return;
      if (link.getAttribute("href").startsWith("#") || !staysHere()) return;
      event.preventDefault();
      event.stopPropagation();
    };
    const leave = (event) => {
      for (const keeper of shown) keeper.save();
      if (unsaved() && !leaving) event.preventDefault();
    };
    const toFault = () =>
      document
        .querySelector(".fault[role=alert]")
        ?.scrollIntoView({ block: "center", behavior: "smooth" });
    document.addEventListener("click", click, true);
    window.addEventListener("beforeunload", leave);
    window.addEventListener("ts-fault", toFault);
    return () => {
      document.removeEventListener("click", click, true);
      window.removeEventListener("beforeunload", leave);
      window.removeEventListener("ts-fault", toFault);
    };
  }, []);
  // Links are asked about above; here it is the palette, the keyboard and the browser's arrows.
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      currentLocation.pathname !== nextLocation.pathname && staysHere(),
  );
  useEffect(() => {
    if (blocker.state === "blocked") blocker.reset();
  }, [blocker]);
  return null;
}

// Keeping --------------------------------------------------------------------------------------

// What closed a form a moment ago: a person, or a connection that came back to another server.
let closedAt = 0;

function keep(form, setup) {
  const { name, part, leave } = setup;
  let { structure } = setup;
  let first = read(form);
  let timer = 0;
  const keeper = {
    name,
    leave,
    structure,
    dirty: live.has(name),
    save() {
      clearTimeout(timer);
      if (!keeper.dirty) return;
      const fields = read(form);
      if (same(fields, first) && keeper.structure === structure) return forget(name);
      live.set(name, part);
      put(name, { at: Date.now(), fields, structure: keeper.structure, first: structure });
    },
    touch() {
      keeper.dirty = true;
      // What is typed after the form was sent is not stored with it.
      sent.delete(name);
      clearTimeout(timer);
      timer = setTimeout(keeper.save, 250);
    },
    left() {
      keeper.save();
      keeper.dirty = false;
      live.delete(name);
    },
    forgotten() {
      clearTimeout(timer);
      keeper.dirty = false;
      first = read(form);
      structure = keeper.structure;
      setup.offer(null);
    },
    restore(draft) {
      keeper.dirty = true;
      live.set(name, part);
      if (draft.structure && draft.structure !== keeper.structure && setup.lay) {
        waiting.set(name, draft);
        setup.lay(draft.structure);
        return;
      }
      fill(form, draft.fields);
      // Inputs that another choice brings come a moment later.
      setTimeout(() => form.isConnected && fill(form, draft.fields), 700);
      keeper.touch();
    },
  };
  begin(keeper, first, setup);
  const end = listen(form, keeper, part);
  shown.add(keeper);
  return [
    keeper,
    () => {
      keeper.save();
      if (Date.now() - closedAt < 1500) live.delete(name);
      clearTimeout(timer);
      end();
      shown.delete(keeper);
    },
  ];
}

// What was typed before comes back by itself where only the connection was away, and is offered
// where the page was left or loaded again.
function begin(keeper, first, setup) {
  const draft = waiting.get(keeper.name) ?? stored(keeper.name);
  if (!draft) return void (keeper.dirty = false);
  const wasLive = live.has(keeper.name) && !sent.has(keeper.name);
  if (waiting.delete(keeper.name) || wasLive) return keeper.restore(draft);
  keeper.dirty = false;
  if (same(draft.fields, first) && (draft.structure ?? "") === (keeper.structure ?? "")) return;
  setup.offer({ ...draft, changed: draft.fields[BASE] !== first[BASE] });
}

function listen(form, keeper, part) {
  const touched = (event) => {
    if (event.target.type !== "file") keeper.touch();
  };
  const heard = {
    input: touched,
    change: touched,
    submit() {
      keeper.save();
      sent.set(keeper.name, part);
    },
    click(event) {
      if (event.target.closest?.("[data-form-drop]")) forget(keeper.name);
      else if (event.target.closest?.("[data-form-changes]")) keeper.touch();
    },
    "form-touched": () => keeper.touch(),
  };
  for (const [kind, hear] of Object.entries(heard)) form.addEventListener(kind, hear);
  return () => {
    for (const [kind, hear] of Object.entries(heard)) form.removeEventListener(kind, hear);
  };
}

/**
 * Keeps what is typed into the form that it stands in. `owner` and `place` are the person and the
 * workspace, `record` names what is edited, `round` changes when other values are shown, and
 * `structure` is what the inputs alone do not say, which `onLay` brings back.
 */
export function FormKeeper({ owner, place, record, part, round, structure, texts, onLay }) {
  const anchor = useRef(null);
  const keeper = useRef(null);
  const lay = useRef(onLay);
  lay.current = onLay;
  const [draft, offer] = useState(null);
  const name = owner && place ? `${PREFIX}${owner} ${place} ${record}` : "";
  useEffect(() => {
    const form = anchor.current?.closest("form");
    if (!name || !form) return;
    const [leave, lays] = [texts.leave, onLay && ((value) => lay.current(value))];
    const [kept, end] = keep(form, { name, part, leave, structure, offer, lay: lays });
    keeper.current = kept;
    return () => {
      keeper.current = null;
      offer(null);
      end();
    };
  }, [name, round]);
  useEffect(() => {
    const kept = keeper.current;
    if (!kept || kept.structure === structure) return;
    kept.structure = structure;
    kept.touch();
  }, [structure]);
  const restore = () => {
    offer(null);
    keeper.current?.restore(draft);
  };
  const bar = draft && [
    createElement("span", { key: "what" }, `${texts.kept} ${moment(draft.at)}`),
    draft.changed && createElement("span", { key: "changed" }, texts.changed),
    button("restore", texts.restore, restore),
    button("drop", texts.drop, () => forget(name)),
  ];
  return createElement(
    "div",
    { ref: anchor, className: draft ? "draft-offer" : "draft-none", role: "status" },
    bar,
  );
}

function button(key, label, onClick) {
  const data = { "data-form-draft": key };
  return createElement("button", { key, type: "button", className: "btn btn-plain", onClick, ...data }, label);
}

function moment(at) {
  const style = { dateStyle: "medium", timeStyle: "short" };
  return new Date(at).toLocaleString(document.documentElement.lang, style);
}

// The page -------------------------------------------------------------------------------------

if (typeof document !== "undefined" && !window.formSaved) {
  forgetOld();
  // The server has stored what was sent from a form; without a part all that were sent are meant.
  window.formSaved = (part = "") => {
    for (const [name, of] of [...sent]) if (!part || of === part) forget(name);
  };
  // The server leads away, as when a session has ended: drafts are kept, nothing is asked.
  window.leaveForms = () => {
    for (const keeper of shown) keeper.save();
    leaving = true;
  };
  window.addEventListener("pagehide", () => shown.forEach((keeper) => keeper.save()));
  const closing = (event) => {
    const inside = event.target.closest?.("form");
    if (event.key === "Escape" || (event.type === "pointerdown" && !inside)) closedAt = Date.now();
  };
  document.addEventListener("keydown", closing, true);
  document.addEventListener("pointerdown", closing, true);
  // Who signs out leaves nothing behind on this machine.
  document.addEventListener("submit", (event) => {
    const owner = event.target.dataset?.formSignOut;
    if (owner) for (const name of draftNames(`${owner} `)) localStorage.removeItem(name);
  });
}
