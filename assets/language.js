// The reader's language, known to the browser alone: switching it needs no round trip.
import { useEffect, useRef, useSyncExternalStore } from "react";

const listeners = new Set();

function read() {
  const chosen = /(?:^|; )ts_lang=(zh|en)/.exec(document.cookie);
  if (chosen) return chosen[1];
  for (const tag of navigator.languages || []) {
    if (tag.toLowerCase().startsWith("zh")) return "zh";
    if (tag.toLowerCase().startsWith("en")) return "en";
  }
  return "zh";
}

function show(language) {
  document.documentElement.lang = language === "en" ? "en" : "zh-CN";
}

function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useEnglish() {
  return useSyncExternalStore(subscribe, read, () => "zh") === "en";
}

let known = null;

// Tells which language the page is in: once it is there, and whenever it is switched. What is true
// of all pages is told `once`, not again on the next page.
export function Speaker({ onSpeak, once }) {
  const english = useEnglish();
  const told = useRef(onSpeak);
  told.current = onSpeak;
  useEffect(() => {
    // A page from the server is Chinese for a moment, whatever was chosen.
    const language = read();
    if (once && language === known) return;
    if (once) known = language;
    told.current(language);
  }, [english]);
  return null;
}

if (typeof document !== "undefined") {
  show(read());
  window.chooseLanguage = (language) => {
    document.cookie = `ts_lang=${language}; path=/; max-age=31536000; samesite=lax`;
    show(language);
    listeners.forEach((listener) => listener());
  };
}
