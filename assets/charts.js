// Charts and what surrounds them: drawing in the theme's colours, the keyboard, tooltips of
// figures, pictures of panels, the whole window for one panel, and the ticks of live figures.
import { createElement, useEffect, useMemo, useRef } from "react";

const CONFIG = { displayModeBar: false, responsive: false, scrollZoom: false };
let loading;

// Plotly is heavy: it is fetched once, when the first chart is about to be drawn.
function plotly() {
  loading ??= import("plotly.js-basic-dist-min").then((module) => module.default ?? module);
  return loading;
}

function faded(colour, percent) {
  const [r, g, b] = [1, 3, 5].map((place) => parseInt(colour.slice(place, place + 2), 16));
  return `rgba(${r},${g},${b},${percent / 100})`;
}

// Figures name their colours as tokens: "@accent", "@ink/10" for a tenth of it.
function tinted(part, colours) {
  if (typeof part === "string") {
    if (!part.startsWith("@")) return part;
    const [name, percent] = part.slice(1).split("/");
    const colour = colours[name];
    return percent && colour ? faded(colour, Number(percent)) : (colour ?? part);
  }
  if (Array.isArray(part)) return part.map((one) => tinted(one, colours));
  if (part === null || typeof part !== "object") return part;
  return Object.fromEntries(Object.entries(part).map(([key, one]) => [key, tinted(one, colours)]));
}

// What opened the menu of a point, which gets the focus back when the menu closes.
let origin = null;

// A panel that fills the window gives its chart the room that is left.
function heightOf(frame, layout) {
  const panel = frame.closest("[data-chart-full]");
  return panel ? Math.max(240, innerHeight - frame.getBoundingClientRect().top - 40) : layout.height;
}

// On a narrow screen there is room for fewer marks; the last one always stays.
function thinned(layout, width) {
  const { tickvals, ticktext } = layout.xaxis;
  const step = Math.ceil(tickvals.length / Math.max(2, Math.floor(width / 96)));
  const kept = (_, place) => (tickvals.length - 1 - place) % step === 0;
  return { ...layout.xaxis, tickvals: tickvals.filter(kept), ticktext: ticktext.filter(kept) };
}

function useDrawing(frame, figure, colours) {
  const shown = useMemo(() => tinted(figure, colours), [figure, colours]);
  useEffect(() => {
    const place = frame.current;
    let gone = false;
    let drawn = Promise.resolve();
    const draw = () => {
      drawn = drawn
        .then(plotly)
        .then((library) => {
          if (gone || !place.clientWidth) return;
          const size = { width: place.clientWidth, height: heightOf(place, shown.layout) };
          const xaxis = thinned(shown.layout, size.width);
          return library.react(place, shown.data, { ...shown.layout, ...size, xaxis }, CONFIG);
        })
        .then(() => place.setAttribute("data-chart-drawn", ""));
    };
    // Also called once when it begins to watch, which draws for the first time.
    const watcher = new ResizeObserver(draw);
    watcher.observe(place);
    place.addEventListener("resized", draw);
    return () => {
      gone = true;
      watcher.disconnect();
      place.removeEventListener("resized", draw);
    };
  }, [shown]);
  useEffect(() => {
    const place = frame.current;
    return () => void plotly().then((library) => library.purge(place));
  }, []);
}

// The last trace is the one that says texts; its points are the rows.
function rowsOf(place) {
  return place.data?.[place.data.length - 1]?.x?.length ?? 0;
}

async function pointAt(place, row) {
  const library = await plotly();
  if (row === null) return library.Fx.unhover(place);
  library.Fx.hover(place, [{ curveNumber: place.data.length - 1, pointNumber: row }]);
}

function centreOf(place, row) {
  const box = place.getBoundingClientRect();
  const axis = place._fullLayout?.xaxis;
  const across = axis ? axis._offset + axis.d2p(row) : box.width / 2;
  return [Math.round(box.left + across), Math.round(box.top + box.height / 3)];
}

/** A Plotly chart whose points are chosen with the pointer or with arrow keys and Enter. */
export function Chart({ figure, colours, mode, label, onPoint }) {
  const frame = useRef(null);
  const at = useRef(null);
  const chosen = useRef(onPoint);
  chosen.current = onPoint;
  const palette = useMemo(() => colours[mode === "dark" ? "dark" : "light"], [mode]);
  useDrawing(frame, figure, palette);

  const click = (event) => {
    const place = frame.current;
    const row = place._hoverdata?.[0]?.x;
    if (typeof row !== "number") return;
    origin = place;
    chosen.current?.(row, Math.round(event.clientX), Math.round(event.clientY));
  };
  const key = (event) => {
    const place = frame.current;
    const count = rowsOf(place);
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -count, End: count }[event.key];
    if (step && count) {
      event.preventDefault();
      const from = at.current ?? (step > 0 ? -1 : count);
      at.current = Math.min(count - 1, Math.max(0, from + step));
      void pointAt(place, at.current);
    } else if (event.key === "Enter" && at.current !== null) {
      event.preventDefault();
      origin = place;
      chosen.current?.(at.current, ...centreOf(place, at.current));
    }
  };
  const leave = () => {
    at.current = null;
    void pointAt(frame.current, null);
  };
  return createElement("div", {
    ref: frame,
    className: "plot",
    role: "application",
    tabIndex: 0,
    "aria-label": label,
    onClick: click,
    onKeyDown: key,
    onBlur: leave,
    style: { minHeight: figure?.layout?.height },
  });
}

/** A button that tells where on the window it was pressed, also with the keyboard. */
export function Pick({ onPick, current, className, children }) {
  const press = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const [x, y] = event.detail ? [event.clientX, event.clientY] : [box.left + 24, box.bottom - 8];
    origin = event.currentTarget;
    onPick?.(Math.round(x), Math.round(y));
  };
  return createElement("button", {
    type: "button",
    className,
    onClick: press,
    "aria-pressed": current || undefined,
    children,
  });
}

/** Calls onTick every so many seconds, but only while somebody can see the page. */
export function Ticker({ seconds, onTick }) {
  const tick = useRef(onTick);
  tick.current = onTick;
  useEffect(() => {
    let last = Date.now();
    const beat = () => {
      if (document.visibilityState !== "visible" || Date.now() - last < seconds * 1000) return;
      last = Date.now();
      tick.current?.();
    };
    // A look every second also finds that the page has come back into sight.
    const timer = setInterval(beat, 1000);
    document.addEventListener("visibilitychange", beat);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", beat);
    };
  }, [seconds]);
  return null;
}

// One tooltip for all figures; what it says stands in the label of its button for screen readers.
function tooltips() {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);
  const hide = () => (tip.hidden = true);
  const show = (from) => {
    const [first, ...rest] = from.dataset.chartAbout.split("\n");
    tip.replaceChildren(
      ...[first, ...rest].filter(Boolean).map((text, place) => {
        const line = document.createElement("p");
        line.className = place ? "tip-more" : "";
        line.textContent = text;
        return line;
      }),
    );
    tip.hidden = false;
    const [box, own] = [from.getBoundingClientRect(), tip.getBoundingClientRect()];
    const left = Math.min(Math.max(8, box.left + box.width / 2 - own.width / 2), innerWidth - own.width - 8);
    const below = box.bottom + 8 + own.height < innerHeight;
    tip.style.left = `${left}px`;
    tip.style.top = `${below ? box.bottom + 8 : box.top - own.height - 8}px`;
  };
  const about = (event) => event.target.closest?.("[data-chart-about]");
  for (const kind of ["mouseover", "focusin", "click"]) {
    document.addEventListener(kind, (event) => (about(event) ? show(about(event)) : hide()));
  }
  document.addEventListener("focusout", hide);
  addEventListener("scroll", hide, { capture: true, passive: true });
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
}

function fill(panel, on) {
  document.querySelectorAll("[data-chart-full]").forEach((one) => one.removeAttribute("data-chart-full"));
  document.documentElement.toggleAttribute("data-chart-filled", on);
  if (on) {
    panel.setAttribute("data-chart-full", "");
    document.documentElement.requestFullscreen?.().catch(() => {});
  } else if (document.fullscreenElement) {
    void document.exitFullscreen();
  }
  panel?.querySelectorAll(".plot").forEach((one) => one.dispatchEvent(new Event("resized")));
}

function filling() {
  const filled = () => document.querySelector("[data-chart-full]");
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-chart-fill]");
    if (!button) return;
    const panel = button.closest("[data-chart-panel]");
    fill(panel, !panel.hasAttribute("data-chart-full"));
  });
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement && filled()) fill(filled(), false);
  });
  addEventListener("resize", () => {
    filled()?.querySelectorAll(".plot").forEach((one) => one.dispatchEvent(new Event("resized")));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector(OPEN)) return;
    if (filled()) fill(filled(), false);
    else if (!event.target.closest?.("input,select,textarea")) lastChip()?.click();
  });
}

// While a menu or a dialog is open, Escape closes that.
const OPEN = '[role="menu"],[role="dialog"],dialog[open]';
const lastChip = () => [...document.querySelectorAll("[data-chart-chip]")].at(-1);

// A picture of a panel is drawn here, from what one sees; nothing is asked of a server.
async function picture(panel) {
  const { width, height } = panel.getBoundingClientRect();
  const svg = new XMLSerializer().serializeToString(copyOf(panel, width, height));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  const scale = 2;
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
}

function copyOf(panel, width, height) {
  const copy = panel.cloneNode(true);
  const [from, to] = [[panel, ...panel.querySelectorAll("*")], [copy, ...copy.querySelectorAll("*")]];
  from.forEach((one, place) => {
    const style = getComputedStyle(one);
    to[place].setAttribute("style", [...style].map((name) => `${name}:${style.getPropertyValue(name)}`).join(";"));
  });
  copy.querySelectorAll("[data-chart-no-picture]").forEach((one) => one.remove());
  copy.style.margin = 0;
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  const inside = document.createElementNS(space, "foreignObject");
  inside.setAttribute("width", "100%");
  inside.setAttribute("height", "100%");
  copy.setAttribute("xmlns", "http://www.w3.org/1999/xhtml");
  inside.append(copy);
  svg.append(inside);
  return svg;
}

function pictures() {
  document.addEventListener("click", async (event) => {
    const name = event.target.closest?.("[data-chart-png]")?.dataset.chartPng;
    const panel = name && document.querySelector(`[data-chart-panel="${CSS.escape(name)}"]`);
    if (!panel) return;
    const link = document.createElement("a");
    link.href = await picture(panel);
    link.download = `${panel.dataset.chartTitle || name}.png`;
    link.click();
  });
}

function focusing() {
  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.(".menu-anchor")) origin?.focus({ preventScroll: true });
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-chart-print]")) print();
  });
}

if (typeof document !== "undefined" && !window.chartsReady) {
  window.chartsReady = true;
  tooltips();
  filling();
  pictures();
  focusing();
}
